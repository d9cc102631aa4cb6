/*
 * The manager interface: actions in, ready headers out; what they mean is Rust's. Events go
 * the other way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/manager.h"
#include "asterisk/module.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "internal.h"

#define ANSWER_MS 10000
/* A test waits for Salesforce. */
#define TEST_MS 90000
#define STEP_MS 2

/* Whoever may look at the system, or at its figures, may look; who may change the system, may
 * change: as with CoreShowChannels and ModuleLoad. */
#define LOOK (EVENT_FLAG_SYSTEM | EVENT_FLAG_REPORTING)
#define CHANGE EVENT_FLAG_SYSTEM

struct action {
	const char *name;
	int authority;
	int timeout_ms;
	/* Of actions that answer with a list of events; NULL: with a message. */
	char *announcement;
	const char *complete;
};

static const struct action actions[] = {
	{ "SalesforceUsers", LOOK, ANSWER_MS, "Salesforce users will follow", "SalesforceUsersComplete" },
	{ "SalesforceUser", LOOK, ANSWER_MS, "The Salesforce user will follow", "SalesforceUserComplete" },
	{ "SalesforceStatus", LOOK, ANSWER_MS, "The Salesforce interface's state will follow", "SalesforceStatusComplete" },
	{ "SalesforceCalls", LOOK, ANSWER_MS, "Calls will follow", "SalesforceCallsComplete" },
	{ "SalesforceStart", CHANGE, ANSWER_MS },
	{ "SalesforceStop", CHANGE, ANSWER_MS },
	{ "SalesforceTestUser", CHANGE, TEST_MS, "Steps of the test will follow", "SalesforceTestUserComplete" },
	{ "SalesforceRetry", CHANGE, ANSWER_MS },
	{ "SalesforceDiscard", CHANGE, ANSWER_MS },
};

#define END_OF_EVENT "\r\n\r\n"

/* Events one by one: what is appended at once stays allocated for the session's thread. What
 * follows the last event belongs to the one that ends the list. */
static void send_list(struct mansession *session, const struct message *message,
	const struct action *action, int count, const char *events)
{
	const char *end;

	astman_send_listack(session, message, action->announcement, "start");
	while ((end = strstr(events, END_OF_EVENT))) {
		end += strlen(END_OF_EVENT);
		astman_append(session, "%.*s", (int) (end - events), events);
		events = end;
	}
	astman_send_list_complete_start(session, message, action->complete, count);
	astman_append(session, "%s", events);
	astman_send_list_complete_end(session);
}

static int handle(struct mansession *session, const struct message *message)
{
	struct ansitel_draft draft = { .kind = ANSITEL_MANAGER, .at = now_us() };
	const char *name = astman_get_header(message, "Action");
	const struct action *action = actions;
	char *text;
	int code;

	while (action < actions + ARRAY_LEN(actions) && strcasecmp(action->name, name)) {
		action++;
	}
	if (action == actions + ARRAY_LEN(actions)) {
		astman_send_error(session, message, "Unknown action");
		return 0;
	}
	draft.texts[ANSITEL_MANAGER_ACTION] = action->name;
	draft.texts[ANSITEL_MANAGER_ACTION_ID] = astman_get_header(message, "ActionID");
	draft.texts[ANSITEL_MANAGER_USER] = astman_get_header(message, "User");
	draft.texts[ANSITEL_MANAGER_CALL] = astman_get_header(message, "Call");
	draft.texts[ANSITEL_MANAGER_COUNT] = astman_get_header(message, "Count");
	draft.text_count = ANSITEL_MANAGER_COUNT + 1;

	code = mailbox_ask(&draft, action->timeout_ms, &text);
	if (code >= 0 && text && action->complete) {
		send_list(session, message, action, code, text);
	} else if (code >= 0 && text) {
		astman_send_ack(session, message, text);
	} else {
		/* It only reads the text. */
		astman_send_error(session, message, (char *) S_OR(text, mailbox_excuse(code)));
	}
	ast_free(text);
	return 0;
}

int ami_register(void)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(actions); i++) {
		if (ast_manager_register_xml(actions[i].name, actions[i].authority, handle)) {
			return -1;
		}
	}
	return 0;
}

static int use_count(const char *module, const char *description, int used, const char *status,
	const char *like, enum ast_module_support_level support_level)
{
	return strcmp(module, like) ? 0 : used;
}

int ami_unregister(void)
{
	int waited_ms;
	size_t i;

	for (i = 0; i < ARRAY_LEN(actions); i++) {
		ast_manager_unregister(actions[i].name);
	}
	/* Whoever found an action before that uses the module until the handler has returned
	 * (main/manager.c takes the use in the same critical section in which it looks whether the
	 * action is still registered). */
	for (waited_ms = 0; ast_update_module_list(use_count, AST_MODULE ".so") > 0; waited_ms += STEP_MS) {
		if (waited_ms > ANSWER_MS) {
			return -1;
		}
		usleep(STEP_MS * 1000);
	}
	return 0;
}

void ansitel_manager_event(enum ansitel_manager_class of, const char *name, const char *headers)
{
	/* Calls go to those who want to hear of calls; how a user fares is the system's state. */
	manager_event(of == ANSITEL_MANAGER_OF_CALL ? EVENT_FLAG_CALL : EVENT_FLAG_SYSTEM,
		name, "%s", headers);
}
