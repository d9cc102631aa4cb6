/*
 * The mailbox: what threads of Asterisk have to say, for the thread that Rust owns.
 *
 * A put is one allocation, one short critical section and one signal. Whoever needs an
 * answer waits on a condition of its own with a deadline; the answer is counted, so it does
 * not matter who goes first, the asker (deadline) or the answerer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/lock.h"
#include "asterisk/time.h"
#include "asterisk/utils.h"

#include "internal.h"

struct ansitel_answer {
	ast_mutex_t lock;
	ast_cond_t given;
	int references;
	int done;
	int code;
	char *text;
};

AST_MUTEX_DEFINE_STATIC(mailbox_lock);
static ast_cond_t mailbox_filled;
static struct ansitel_message *first;
static struct ansitel_message **last = &first;
static int is_open;
static uint64_t waiting;
static uint64_t dropped;

/* A number far above any caller id or command; keeps one message small. */
#define LONGEST_TEXT 8192

int64_t now_us(void)
{
	struct timeval now = ast_tvnow();

	return (int64_t) now.tv_sec * 1000000 + now.tv_usec;
}

void mailbox_open(void)
{
	ast_mutex_lock(&mailbox_lock);
	ast_cond_init(&mailbox_filled, NULL);
	is_open = 1;
	dropped = 0;
	ast_mutex_unlock(&mailbox_lock);
}

void mailbox_close(void)
{
	ast_mutex_lock(&mailbox_lock);
	is_open = 0;
	ast_cond_signal(&mailbox_filled);
	ast_mutex_unlock(&mailbox_lock);
}

/* The lock is recursive (asterisk/lock.h), so the holder itself can put. */
void mailbox_hold(void)
{
	ast_mutex_lock(&mailbox_lock);
}

void mailbox_release(void)
{
	ast_mutex_unlock(&mailbox_lock);
}

/* ---- making messages ---- */

/* Both passes of a copy in one place: without a target it only measures. */
struct packer {
	char *target;
	size_t used;
	size_t longest;
};

static void pack(struct packer *packer, const char **slot)
{
	size_t length = *slot ? strnlen(*slot, packer->longest) : 0;

	if (packer->target) {
		char *copy = packer->target + packer->used;

		if (length) {
			memcpy(copy, *slot, length);
		}
		copy[length] = '\0';
		*slot = copy;
	}
	packer->used += length + 1;
}

static void pack_all(struct packer *packer, struct ansitel_message *message)
{
	int i;

	for (i = 0; i < message->text_count; i++) {
		pack(packer, &message->texts[i]);
	}
	for (i = 0; i < ANSITEL_CHANNELS; i++) {
		struct ansitel_channel *channel = &message->channels[i];

		if (!channel->uniqueid) {
			continue;
		}
		pack(packer, &channel->uniqueid);
		pack(packer, &channel->linkedid);
		pack(packer, &channel->name);
		pack(packer, &channel->caller_number);
		pack(packer, &channel->caller_name);
		pack(packer, &channel->dnid);
		pack(packer, &channel->context);
		pack(packer, &channel->exten);
		pack(packer, &channel->application);
		pack(packer, &channel->data);
		pack(packer, &channel->bridge);
	}
}

static struct ansitel_message *message_create(const struct ansitel_draft *draft)
{
	struct ansitel_message head = {
		.at = draft->at,
		.kind = draft->kind,
		.text_count = draft->text_count,
	};
	struct packer packer = { NULL, 0, draft->longest ? draft->longest : LONGEST_TEXT };
	struct ansitel_message *message;

	memcpy(head.texts, draft->texts, sizeof(head.texts));
	memcpy(head.channels, draft->channels, sizeof(head.channels));
	pack_all(&packer, &head);

	message = ast_malloc(sizeof(*message) + packer.used);
	if (!message) {
		return NULL;
	}
	*message = head;
	packer.target = (char *) (message + 1);
	packer.used = 0;
	pack_all(&packer, message);
	return message;
}

static int enqueue(struct ansitel_message *message)
{
	ast_mutex_lock(&mailbox_lock);
	if (!is_open) {
		ast_mutex_unlock(&mailbox_lock);
		return -1;
	}
	*last = message;
	last = &message->next;
	waiting++;
	ast_cond_signal(&mailbox_filled);
	ast_mutex_unlock(&mailbox_lock);
	return 0;
}

int mailbox_put(const struct ansitel_draft *draft)
{
	struct ansitel_message *message = message_create(draft);

	if (!message) {
		ast_mutex_lock(&mailbox_lock);
		dropped++;
		ast_mutex_unlock(&mailbox_lock);
		return -1;
	}
	if (enqueue(message)) {
		ast_free(message);
		return -1;
	}
	return 0;
}

/* ---- answers ---- */

static void answer_release(struct ansitel_answer *answer)
{
	int left;

	ast_mutex_lock(&answer->lock);
	left = --answer->references;
	ast_mutex_unlock(&answer->lock);
	if (left) {
		return;
	}
	ast_mutex_destroy(&answer->lock);
	ast_cond_destroy(&answer->given);
	ast_free(answer->text);
	ast_free(answer);
}

int mailbox_ask(const struct ansitel_draft *draft, int timeout_ms, char **text)
{
	struct ansitel_message *message = message_create(draft);
	struct ansitel_answer *answer = ast_calloc(1, sizeof(*answer));
	struct timespec until;
	int code = -1;

	*text = NULL;
	if (!message || !answer) {
		ast_free(message);
		ast_free(answer);
		return -1;
	}
	ast_mutex_init(&answer->lock);
	ast_cond_init(&answer->given, NULL);
	answer->references = 2;
	message->answer = answer;
	if (enqueue(message)) {
		ast_free(message);
		answer->references = 1;
		answer_release(answer);
		return -1;
	}

	{
		struct timeval deadline = ast_tvadd(ast_tvnow(), ast_samp2tv(timeout_ms, 1000));

		until.tv_sec = deadline.tv_sec;
		until.tv_nsec = deadline.tv_usec * 1000;
	}
	ast_mutex_lock(&answer->lock);
	while (!answer->done) {
		if (ast_cond_timedwait(&answer->given, &answer->lock, &until) == ETIMEDOUT) {
			break;
		}
	}
	if (answer->done) {
		code = answer->code;
		*text = answer->text;
		answer->text = NULL;
	}
	ast_mutex_unlock(&answer->lock);
	answer_release(answer);
	return code;
}

void ansitel_message_answer(struct ansitel_message *message, int code, const char *text, size_t length)
{
	struct ansitel_answer *answer = message->answer;

	if (!answer) {
		return;
	}
	message->answer = NULL;
	ast_mutex_lock(&answer->lock);
	answer->code = code;
	if (text) {
		answer->text = ast_malloc(length + 1);
		if (answer->text) {
			memcpy(answer->text, text, length);
			answer->text[length] = '\0';
		}
	}
	answer->done = 1;
	ast_cond_signal(&answer->given);
	ast_mutex_unlock(&answer->lock);
	answer_release(answer);
}

void ansitel_message_free(struct ansitel_message *message)
{
	ansitel_message_answer(message, -1, NULL, 0);
	ast_free(message);
}

/* ---- taking ---- */

enum ansitel_take ansitel_mailbox_take(int timeout_ms, struct ansitel_message **messages)
{
	struct timeval deadline = ast_tvadd(ast_tvnow(), ast_samp2tv(timeout_ms, 1000));
	struct timespec until = { .tv_sec = deadline.tv_sec, .tv_nsec = deadline.tv_usec * 1000 };
	enum ansitel_take result = ANSITEL_TAKE_MESSAGES;

	ast_mutex_lock(&mailbox_lock);
	while (!first && is_open) {
		if (ast_cond_timedwait(&mailbox_filled, &mailbox_lock, &until) == ETIMEDOUT) {
			break;
		}
	}
	*messages = first;
	if (!first && !is_open) {
		result = ANSITEL_TAKE_CLOSED;
	}
	first = NULL;
	last = &first;
	waiting = 0;
	ast_mutex_unlock(&mailbox_lock);
	return result;
}

void mailbox_counters(struct ansitel_counters *counters)
{
	ast_mutex_lock(&mailbox_lock);
	counters->dropped = dropped;
	counters->waiting = waiting;
	ast_mutex_unlock(&mailbox_lock);
}
