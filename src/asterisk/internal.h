/*
 * What the shim's C files share; Rust sees none of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ANSITEL_INTERNAL_H
#define ANSITEL_INTERNAL_H

#include "shim.h"

struct ast_channel_snapshot;

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

void mailbox_open(void);

/* After this, nothing is taken in; what is inside is still handed out. */
void mailbox_close(void);

/* Between these two, only the thread that called them puts messages in. */
void mailbox_hold(void);
void mailbox_release(void);

/* Puts a message in. Returns 0, or -1 when the mailbox is closed or memory is out. */
int mailbox_put(const struct ansitel_draft *draft);

/* Puts a message in and waits for its answer, at most timeout_ms. Returns the answer's code,
 * or -1: closed, no memory, no answer in time. *text (to be freed with ast_free) may be NULL. */
int mailbox_ask(const struct ansitel_draft *draft, int timeout_ms, char **text);

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

/* Puts the page back after http_unregister(), if it was there. */
void http_register(void);

/* Takes the page out of Asterisk's HTTP server; -1: a request is still being handled, after a
 * long wait. */
int http_unregister(void);

/* ---- ami.c ---- */

int ami_register(void);

/* -1: an action is still running, after a long wait; all are unregistered. */
int ami_unregister(void);

/* ---- function.c ---- */

int function_register(void);

/* Waits until nobody is inside any more. */
void function_unregister(void);

#endif
