/*
 * The mailboxes: what threads of Asterisk have to say, for the two threads that Rust owns. One
 * holds channel events and nothing else, the other questions, so that no event ever waits for
 * the answer to a question.
 *
 * A put is one allocation, one short critical section and one signal. Whoever needs an
 * answer waits on a condition of its own with a deadline; the answer is counted, so it does
 * not matter who goes first, the asker (deadline) or the answerer. What nobody waits for any
 * more is not begun: who takes a question claims it first (ansitel_message_begin).
 *
 * Events are held up to MOST_BYTES; what comes then is dropped, counted and told of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <time.h>

#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/time.h"
#include "asterisk/utils.h"

#include "internal.h"

struct ansitel_answer {
	ast_mutex_t lock;
	ast_cond_t given;
	int references;
	int begun;    /* somebody is at it */
	int given_up; /* nobody waits for it; not begun before */
	int done;
	int code;
	char *text;
};

struct mailbox {
	ast_mutex_t *lock;
	ast_cond_t filled;
	struct ansitel_message *first;
	struct ansitel_message **last;
	int is_open;
	/* Messages, and their bytes; those that were taken count until the thread comes back for more,
	 * for until then it has them. */
	uint64_t waiting;
	size_t bytes;
	/* Since when the first of them waits for the thread: when it was put in, or when the thread took
	 * what was before it; of monotonic_us(). */
	int64_t oldest;
	struct {
		uint64_t count;
		size_t bytes;
	} in_hand;
};

AST_MUTEX_DEFINE_STATIC(events_lock);
AST_MUTEX_DEFINE_STATIC(questions_lock);
static struct mailbox boxes[] = {
	[ANSITEL_EVENTS] = { .lock = &events_lock },
	[ANSITEL_QUESTIONS] = { .lock = &questions_lock },
};

/* All below: of events, under their lock. */
static uint64_t dropped;
/* Dropped for want of room since the last look into the mailbox. */
static uint64_t lost;
static int told_late;
static int told_full;

/* A number far above any caller id or command; keeps one message small. */
#define LONGEST_TEXT 8192

/* Some five thousand calls. */
#define MOST_BYTES (64 * 1024 * 1024)

/* So much is taken at once, at least one message: what is taken keeps its room until it has been
 * dealt with. */
#define MOST_IN_HAND (1024 * 1024)

/* The thread of events handles one in microseconds; so late it hangs. */
#define LATE_S 10

int64_t now_us(void)
{
	struct timeval now = ast_tvnow();

	return (int64_t) now.tv_sec * 1000000 + now.tv_usec;
}

static int64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void mailbox_open(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(boxes); i++) {
		ast_mutex_lock(boxes[i].lock);
		ast_cond_init(&boxes[i].filled, NULL);
		boxes[i].first = NULL;
		boxes[i].last = &boxes[i].first;
		boxes[i].waiting = boxes[i].in_hand.count = 0;
		boxes[i].bytes = boxes[i].in_hand.bytes = 0;
		boxes[i].is_open = 1;
		ast_mutex_unlock(boxes[i].lock);
	}
	dropped = lost = 0;
	told_late = told_full = 0;
}

void mailbox_close(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(boxes); i++) {
		ast_mutex_lock(boxes[i].lock);
		boxes[i].is_open = 0;
		ast_cond_signal(&boxes[i].filled);
		ast_mutex_unlock(boxes[i].lock);
	}
}

/* The lock is recursive (asterisk/lock.h), so the holder itself can put. */
void mailbox_hold(void)
{
	ast_mutex_lock(&events_lock);
}

void mailbox_release(void)
{
	ast_mutex_unlock(&events_lock);
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
	head.size = sizeof(*message) + packer.used;

	message = ast_malloc(head.size);
	if (!message) {
		return NULL;
	}
	*message = head;
	packer.target = (char *) (message + 1);
	packer.used = 0;
	pack_all(&packer, message);
	return message;
}

/* Requests for the page hold passwords and cookies. */
static void message_destroy(struct ansitel_message *message)
{
	if (message && message->kind == ANSITEL_WEB) {
		explicit_bzero(message, message->size);
	}
	ast_free(message);
}

/* With the lock held. */
static void append(struct mailbox *box, struct ansitel_message *message)
{
	if (!box->first) {
		box->oldest = monotonic_us();
	}
	*box->last = message;
	box->last = &message->next;
	box->waiting++;
	box->bytes += message->size;
	ast_cond_signal(&box->filled);
}

static int enqueue(struct mailbox *box, struct ansitel_message *message)
{
	int is_open;

	ast_mutex_lock(box->lock);
	is_open = box->is_open;
	if (is_open) {
		append(box, message);
	}
	ast_mutex_unlock(box->lock);
	return is_open ? 0 : -1;
}

/* ---- events ---- */

/* Told once until the thread is back; not with the lock held, for the log takes its time. */
static void tell_late(int seconds, int is_full)
{
	if (seconds) {
		ast_log(LOG_ERROR, "The event thread of the Salesforce interface has not answered for %d s: "
			"what happens to calls waits in memory, at most %d MB of it\n", seconds, MOST_BYTES >> 20);
	}
	if (is_full) {
		ast_log(LOG_ERROR, "The event thread of the Salesforce interface does not answer, and %d MB of events "
			"wait for it: further events are lost, and calls with them\n", MOST_BYTES >> 20);
	}
}

int mailbox_put(const struct ansitel_draft *draft)
{
	struct mailbox *box = &boxes[ANSITEL_EVENTS];
	struct ansitel_message *message = message_create(draft);
	int late_s = 0;
	int becomes_full = 0;
	int result = -1;

	ast_mutex_lock(box->lock);
	if (box->first && !told_late) {
		late_s = (int) ((monotonic_us() - box->oldest) / 1000000);
		late_s = late_s >= LATE_S ? late_s : 0;
		told_late = late_s > 0;
	}
	if (!message) {
		dropped++;
		lost++;
	} else if (box->is_open && box->bytes + message->size > MOST_BYTES) {
		dropped++;
		lost++;
		becomes_full = !told_full;
		told_full = 1;
	} else if (box->is_open) {
		append(box, message);
		result = 0;
	}
	ast_mutex_unlock(box->lock);
	if (result) {
		ast_free(message);
	}
	tell_late(late_s, becomes_full);
	return result;
}

int ansitel_order(void)
{
	struct ansitel_draft draft = { .kind = ANSITEL_ORDER, .at = now_us() };
	struct ansitel_message *message = message_create(&draft);

	if (message && enqueue(&boxes[ANSITEL_EVENTS], message)) {
		ast_free(message);
		message = NULL;
	}
	return message ? 0 : -1;
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

/* Takes a question back out, if nobody has taken it yet. */
static void withdraw(struct mailbox *box, const struct ansitel_message *message)
{
	struct ansitel_message **place;
	struct ansitel_message *found = NULL;

	ast_mutex_lock(box->lock);
	for (place = &box->first; *place; place = &(*place)->next) {
		if (*place == message) {
			found = *place;
			*place = found->next;
			if (box->last == &found->next) {
				box->last = place;
			}
			box->waiting--;
			box->bytes -= found->size;
			break;
		}
	}
	ast_mutex_unlock(box->lock);
	if (found) {
		ansitel_message_free(found);
	}
}

int mailbox_ask(const struct ansitel_draft *draft, int timeout_ms, char **text)
{
	struct mailbox *box = &boxes[ANSITEL_QUESTIONS];
	struct ansitel_message *message = message_create(draft);
	struct ansitel_answer *answer = ast_calloc(1, sizeof(*answer));
	struct timeval deadline = ast_tvadd(ast_tvnow(), ast_samp2tv(timeout_ms, 1000));
	struct timespec until = { .tv_sec = deadline.tv_sec, .tv_nsec = deadline.tv_usec * 1000 };
	int code = MAILBOX_NO_ANSWER;
	int given_up;

	*text = NULL;
	if (!message || !answer) {
		message_destroy(message);
		ast_free(answer);
		return MAILBOX_NO_ANSWER;
	}
	ast_mutex_init(&answer->lock);
	ast_cond_init(&answer->given, NULL);
	answer->references = 2;
	message->answer = answer;
	if (enqueue(box, message)) {
		message_destroy(message);
		answer->references = 1;
		answer_release(answer);
		return MAILBOX_NO_ANSWER;
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
	} else if (answer->begun) {
		code = MAILBOX_STILL_AT_IT;
	} else {
		answer->given_up = 1;
	}
	given_up = answer->given_up;
	ast_mutex_unlock(&answer->lock);
	if (given_up) {
		withdraw(box, message);
	}
	answer_release(answer);
	return code;
}

const char *mailbox_excuse(int code)
{
	switch (code) {
	case MAILBOX_NO_ANSWER:
		return "The Salesforce interface did not answer in time; nothing was begun";
	case MAILBOX_STILL_AT_IT:
		return "The Salesforce interface did not answer in time; it is still at it";
	default:
		return "The Salesforce interface did not answer";
	}
}

int ansitel_message_begin(struct ansitel_message *message)
{
	struct ansitel_answer *answer = message->answer;
	int is_awaited;

	if (!answer) {
		return 1;
	}
	ast_mutex_lock(&answer->lock);
	is_awaited = !answer->given_up;
	answer->begun = is_awaited;
	ast_mutex_unlock(&answer->lock);
	return is_awaited;
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
	message_destroy(message);
}

/* ---- taking ---- */

/* With the lock held: takes the first messages out. */
static struct ansitel_message *cut(struct mailbox *box)
{
	struct ansitel_message *first = box->first;
	struct ansitel_message **end = &box->first;

	box->in_hand.count = 0;
	box->in_hand.bytes = 0;
	while (*end && (!box->in_hand.count || box->in_hand.bytes + (*end)->size <= MOST_IN_HAND)) {
		box->in_hand.count++;
		box->in_hand.bytes += (*end)->size;
		end = &(*end)->next;
	}
	box->first = *end;
	if (box->first) {
		*end = NULL;
		box->oldest = monotonic_us();
	} else {
		box->last = &box->first;
	}
	return first;
}

enum ansitel_take ansitel_mailbox_take(enum ansitel_mailbox which, int timeout_ms,
	struct ansitel_message **messages, uint64_t *lost_after)
{
	struct mailbox *box = &boxes[which];
	struct timeval deadline = ast_tvadd(ast_tvnow(), ast_samp2tv(timeout_ms, 1000));
	struct timespec until = { .tv_sec = deadline.tv_sec, .tv_nsec = deadline.tv_usec * 1000 };
	enum ansitel_take result = ANSITEL_TAKE_MESSAGES;
	int late_s = 0;

	*lost_after = 0;
	ast_mutex_lock(box->lock);
	/* What was taken before has been dealt with. */
	box->waiting -= box->in_hand.count;
	box->bytes -= box->in_hand.bytes;
	while (!box->first && box->is_open) {
		if (ast_cond_timedwait(&box->filled, box->lock, &until) == ETIMEDOUT) {
			break;
		}
	}
	if (!box->first && !box->is_open) {
		result = ANSITEL_TAKE_CLOSED;
	}
	if (which == ANSITEL_EVENTS && box->first && told_late) {
		late_s = (int) ((monotonic_us() - box->oldest) / 1000000);
		told_late = 0;
	}
	*messages = cut(box);
	/* What was lost came behind all that is still there. */
	if (which == ANSITEL_EVENTS && !box->first) {
		*lost_after = lost;
		lost = 0;
		told_full = 0;
	}
	ast_mutex_unlock(box->lock);
	if (late_s) {
		ast_log(LOG_WARNING, "The event thread of the Salesforce interface goes on after %d s\n", late_s);
	}
	if (*lost_after) {
		ast_log(LOG_WARNING, "%llu events of channels were lost: calls of that time may be incomplete\n",
			(unsigned long long) *lost_after);
	}
	return result;
}

void mailbox_counters(struct ansitel_counters *counters)
{
	ast_mutex_lock(&events_lock);
	counters->dropped = dropped;
	counters->waiting = boxes[ANSITEL_EVENTS].waiting;
	ast_mutex_unlock(&events_lock);
}
