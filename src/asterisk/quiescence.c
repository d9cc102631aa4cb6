/*
 * Has everybody left? Before the module's code is unmapped, no thread of Asterisk may be in it
 * or about to enter it.
 *
 * Asterisk counts who uses a CLI command or a manager action under the lock under which it is
 * looked up. A page of its HTTP server and a dialplan function are looked up under a lock, that
 * lock is given away, and only then are they called (main/http.c, main/pbx_functions.c): in between
 * lie some instructions in which a thread is counted nowhere. Nothing in them waits, so a thread
 * that has been seen waiting for something since the page and the function were taken away is
 * past them, and so is one that has run for much longer than they take.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <dirent.h>
#include <sys/syscall.h>

#include "asterisk/options.h"
#include "asterisk/utils.h"
#include "asterisk/vector.h"

#include "internal.h"

#define STEP_MS 2
/* A request waits for its answer for ten seconds, and a starved thread is slow. */
#define PATIENCE_MS 30000
/* Processor time in which a thread is certainly through those instructions. */
#define THROUGH_NS 20000000ULL
/* With debugging on, of all or of some modules, they write a line to the log, for whose lock they may wait: then a thread that
 * waits may still be amid them. */
#define DEBUG_GRACE_MS 500

struct other {
	pid_t id;
	unsigned long long run_ns; /* when it was first looked at */
	int has_left;
};

AST_VECTOR(others, struct other);

/* One line of a file in /proc; empty where there is none: that thread has ended. */
static void read_line(pid_t thread, const char *name, char *line, size_t size)
{
	char path[64];
	FILE *file;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", (int) thread, name);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(line, size, file)) {
			line[0] = '\0';
		}
		fclose(file);
	}
}

/* proc(5): the state follows the name, which is in parentheses; S is an interruptible wait. */
static int is_waiting_or_gone(pid_t thread)
{
	char line[512];
	const char *end;

	read_line(thread, "stat", line, sizeof(line));
	end = strrchr(line, ')');
	return !end || end[1] != ' ' || end[2] == 'S' || end[2] == 'Z' || end[2] == 'X';
}

/* Nanoseconds on a processor, where the kernel counts them. */
static unsigned long long run_ns(pid_t thread)
{
	char line[128];

	read_line(thread, "schedstat", line, sizeof(line));
	return strtoull(line, NULL, 10);
}

static void list_others(struct others *others)
{
	pid_t self = (pid_t) syscall(SYS_gettid);
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		struct other other = { .id = atoi(entry->d_name) };

		if (other.id > 0 && other.id != self) {
			other.run_ns = run_ns(other.id);
			/* One that is forgotten for want of memory is not waited for. */
			AST_VECTOR_APPEND(others, other);
		}
	}
	if (folder) {
		closedir(folder);
	}
}

static int have_all_left(struct others *others)
{
	int all = 1;
	size_t i;

	for (i = 0; i < AST_VECTOR_SIZE(others); i++) {
		struct other *other = AST_VECTOR_GET_ADDR(others, i);

		if (!other->has_left) {
			other->has_left = is_waiting_or_gone(other->id)
				|| run_ns(other->id) > other->run_ns + THROUGH_NS;
		}
		all &= other->has_left;
	}
	return all;
}

/* Every other thread that there is now goes on from where it is. */
static int others_move_on(int *patience_ms)
{
	struct others others;
	int all;

	AST_VECTOR_INIT(&others, 64);
	list_others(&others);
	while (!(all = have_all_left(&others)) && *patience_ms > 0) {
		usleep(STEP_MS * 1000);
		*patience_ms -= STEP_MS;
	}
	AST_VECTOR_FREE(&others);
	return all ? 0 : -1;
}

int wait_until_left(void)
{
	int patience_ms = PATIENCE_MS;

	if (option_debug > 0 || ast_opt_dbg_module) {
		usleep(DEBUG_GRACE_MS * 1000);
	}
	/* Who was about to enter is inside now. */
	if (others_move_on(&patience_ms)) {
		return -1;
	}
	while (http_inside() || function_inside()) {
		if (patience_ms <= 0) {
			return -1;
		}
		usleep(STEP_MS * 1000);
		patience_ms -= STEP_MS;
	}
	/* Who was the last inside is out: it is counted no more a few instructions before it returns. */
	return others_move_on(&patience_ms);
}
