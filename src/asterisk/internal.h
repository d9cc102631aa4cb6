/*
 * What the shim's C files share; Rust sees none of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ANSITEL_INTERNAL_H
#define ANSITEL_INTERNAL_H

#include "shim.h"

struct ast_channel_snapshot;
struct ast_config;

/* What a message is to be made of; all texts are copied. */
struct ansitel_draft {
	enum ansitel_kind kind;
	int64_t at;
	const char *texts[ANSITEL_TEXTS];
	int text_count;
	size_t longest; /* bytes of a text; 0: what events and commands need */
	struct ansitel_channel channels[ANSITEL_CHANNELS];
};

/* ---- mailbox.c ---- */

/* Now, in microseconds since the epoch. */
int64_t now_us(void);

/* Both of them. */
void mailbox_open(void);

/* After this, nothing is taken in; what is inside is still handed out. */
void mailbox_close(void);

/* Between these two, only the thread that called them puts events in. */
void mailbox_hold(void);
void mailbox_release(void);

/* Puts an event in. Returns 0, or -1 when the mailbox is closed or full, or memory is out. */
int mailbox_put(const struct ansitel_draft *draft);

/* Instead of an answer's code: closed, no memory, or not even begun in time, and so never. */
#define MAILBOX_NO_ANSWER (-100)
/* Begun, but not done in time. */
#define MAILBOX_STILL_AT_IT (-101)

/* Puts a question in and waits for its answer, at most timeout_ms. Returns the answer's code, or
 * one of the two above. *text (to be freed with ast_free) may be NULL. */
int mailbox_ask(const struct ansitel_draft *draft, int timeout_ms, char **text);

/* In words, why there is no answer. */
const char *mailbox_excuse(int code);

/* Fills in the counters that are the mailbox's own. */
void mailbox_counters(struct ansitel_counters *counters);

/* ---- events.c ---- */

/* Subscribes to Stasis; -1 with a log message if that cannot be. */
int events_subscribe(void);
void events_unsubscribe(void);

/* ---- cli.c ---- */

int cli_register(void);

/* -1: a command is still running, after a long wait; the commands may be half unregistered. */
int cli_unregister(void);

/* ---- http.c ---- */

/* From here on the page may be put into Asterisk's HTTP server; it is put back if it was there
 * before http_unregister(). */
void http_register(void);

/* Takes the page out for good, whoever may still want it there. */
void http_unregister(void);

/* How many requests are being handled. */
int http_inside(void);

/* ---- managers.c ---- */

/* Wipes all values, before the configuration is given up. */
void config_wipe(struct ast_config *config);

/* ---- ami.c ---- */

int ami_register(void);

/* -1: an action is still running, after a long wait; all are unregistered. */
int ami_unregister(void);

/* ---- function.c ---- */

int function_register(void);

void function_unregister(void);

/* How many are being asked. */
int function_inside(void);

/* ---- quiescence.c ---- */

/* Waits until every other thread has left the place where it was, and nobody is inside page or
 * function; to be called when nobody can find those any more. -1: that took too long. */
int wait_until_left(void);

/* ---- what Asterisk writes into ---- */

/* An object of ours whose type is longer in other releases of Asterisk, which write, or read, behind
 * the end that it has here: room for them to do so. Zeros there mean what they mean in any member
 * that a module does not set. */
#define WITH_ROOM(type, name) union { type name; char room[1024]; }

#endif
