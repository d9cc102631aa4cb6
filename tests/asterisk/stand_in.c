/*
 * Stands in for Rust behind the shim, so that the shim alone can be tried against other headers:
 * answers every question with the same, until there are no more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include <string.h>

#define VALUE "from the stand-in"

static enum ansitel_take drain(enum ansitel_mailbox which, int timeout_ms)
{
	struct ansitel_message *message;
	struct ansitel_message *next;
	uint64_t lost;
	enum ansitel_take taken = ansitel_mailbox_take(which, timeout_ms, &message, &lost);

	for (; message; message = next) {
		next = message->next;
		if (ansitel_message_begin(message)) {
			ansitel_message_answer(message, 0, VALUE, strlen(VALUE));
		}
		ansitel_message_free(message);
	}
	return taken;
}

void ansitel_module_run(void)
{
	while (drain(ANSITEL_QUESTIONS, 20) != ANSITEL_TAKE_CLOSED) {
		drain(ANSITEL_EVENTS, 0);
	}
	while (drain(ANSITEL_EVENTS, 0) != ANSITEL_TAKE_CLOSED) {
	}
}
