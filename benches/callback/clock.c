/*
 * Clocks the module's Stasis callback, in Asterisk's own thread: a module for measuring only.
 *
 * In a copy of res_ansitel_salesforce.so two imported names are replaced by those of functions
 * here (benches/callback/mod.rs does so); everything else is the code that users run.
 * Everything measured is written to the log folder when this is unloaded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <time.h>

#include "asterisk/lock.h"
#include "asterisk/module.h"
#include "asterisk/paths.h"
#include "asterisk/stasis.h"

#define CAPACITY (1 << 18)

enum kind {
	NOT_OURS,
	OURS,
	CLOCK, /* nothing at all: what looking at the clock costs */
	KINDS,
};

static const char *const names[KINDS] = { "not_ours", "ours", "clock" };

/* Nanoseconds; Stasis delivers to a subscription from one thread at a time. */
static unsigned int took[KINDS][CAPACITY];
static size_t counts[KINDS];

static stasis_subscription_cb measured;

/* This thread has put a message into the mailbox. */
static __thread int has_put;

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void note(enum kind kind, long long begun, long long ended)
{
	if (counts[kind] < CAPACITY) {
		took[kind][counts[kind]++] = ended - begun;
	}
}

static void clocked(void *data, struct stasis_subscription *sub, struct stasis_message *message)
{
	long long begun;
	long long ended;

	has_put = 0;
	begun = now_ns();
	measured(data, sub, message);
	ended = now_ns();
	note(has_put ? OURS : NOT_OURS, begun, ended);
}

/* In the place of __stasis_subscribe(). */
struct stasis_subscription *clocked_subscribe_(struct stasis_topic *topic, stasis_subscription_cb callback,
	void *data, const char *file, int line, const char *function);

struct stasis_subscription *clocked_subscribe_(struct stasis_topic *topic, stasis_subscription_cb callback,
	void *data, const char *file, int line, const char *function)
{
	measured = callback;
	return __stasis_subscribe(topic, clocked, data, file, line, function);
}

/* In the place of __ast_cond_signal(), which the module calls for each message that it puts into
 * its mailbox. */
int clocked_cond_sign(const char *file, int line, const char *function, const char *name, ast_cond_t *condition);

int clocked_cond_sign(const char *file, int line, const char *function, const char *name, ast_cond_t *condition)
{
	has_put = 1;
	return __ast_cond_signal(file, line, function, name, condition);
}

static int load_module(void)
{
	int i;

	for (i = 0; i < 10000; i++) {
		long long begun = now_ns();

		note(CLOCK, begun, now_ns());
	}
	return AST_MODULE_LOAD_SUCCESS;
}

static int unload_module(void)
{
	char path[PATH_MAX];
	FILE *file;
	int kind;
	size_t i;

	snprintf(path, sizeof(path), "%s/callback.txt", ast_config_AST_LOG_DIR);
	file = fopen(path, "w");
	if (!file) {
		return -1;
	}
	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < counts[kind]; i++) {
			fprintf(file, "%s %u\n", names[kind], took[kind][i]);
		}
	}
	fclose(file);
	return 0;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_GLOBAL_SYMBOLS, "Clock of the Salesforce interface's callback",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
);
