/*
 * The CLI commands: words in, text out; what they mean is Rust's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/cli.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"

#include "internal.h"

#define ANSWER_MS 10000
/* A test waits for Salesforce. */
#define TEST_MS 90000
#define COMPLETION_MS 2000
#define STEP_MS 2

struct command {
	char *words;
	const char *usage;
};

static struct command commands[] = {
	{ "salesforce show users",
		"Usage: salesforce show users\n"
		"       Lists the Salesforce users with their state and counters.\n" },
	{ "salesforce show user",
		"Usage: salesforce show user <name>\n"
		"       Shows everything about one user: devices, session, API usage, last calls.\n" },
	{ "salesforce show status",
		"Usage: salesforce show status\n"
		"       Shows the state of the interface, its journal, workers and counters.\n" },
	{ "salesforce show calls",
		"Usage: salesforce show calls [<n>]\n"
		"       Shows the newest calls (20, or <n>) and what became of them.\n" },
	{ "salesforce test user",
		"Usage: salesforce test user <name>\n"
		"       Logs the user in, also after a refusal, and looks whether it may do all that\n"
		"       is needed. Nothing is written to Salesforce.\n" },
	{ "salesforce start",
		"Usage: salesforce start\n"
		"       Starts the interface: calls are recorded and sent to Salesforce.\n" },
	{ "salesforce stop",
		"Usage: salesforce stop\n"
		"       Stops the interface: no call is recorded, nothing is sent, until\n"
		"       'salesforce start' or a restart of Asterisk.\n" },
	{ "salesforce retry",
		"Usage: salesforce retry {<id>|all}\n"
		"       Sends calls again that Salesforce had refused.\n" },
	{ "salesforce discard",
		"Usage: salesforce discard <id>\n"
		"       Gives up a call that Salesforce had refused, or that still waits.\n" },
};

static char *handle(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args);

/* Registered one by one: Asterisk's steps through an array are as wide as its own entries. */
static WITH_ROOM(struct ast_cli_entry, self) entries[] = {
	{ AST_CLI_DEFINE(handle, "List the Salesforce users") },
	{ AST_CLI_DEFINE(handle, "Show one Salesforce user") },
	{ AST_CLI_DEFINE(handle, "Show the state of the Salesforce interface") },
	{ AST_CLI_DEFINE(handle, "Show the newest calls and their Cases") },
	{ AST_CLI_DEFINE(handle, "Test a Salesforce user's login and permissions") },
	{ AST_CLI_DEFINE(handle, "Start the Salesforce interface") },
	{ AST_CLI_DEFINE(handle, "Stop the Salesforce interface") },
	{ AST_CLI_DEFINE(handle, "Send failed calls again") },
	{ AST_CLI_DEFINE(handle, "Give up a failed or pending call") },
};

/* A word as it was typed or, within the command itself, as it is spelt: Asterisk takes
 * 'Salesforce SHOW users' for the same command. */
static const char *word_at(const struct ast_cli_entry *entry, const struct ast_cli_args *args, int at)
{
	return at < entry->args ? entry->cmda[at] : args->argv[at];
}

static char *complete(const struct ast_cli_entry *entry, struct ast_cli_args *args)
{
	struct ansitel_draft draft = { .kind = ANSITEL_COMPLETE, .at = now_us() };
	char *candidates;
	char *rest;
	char *candidate;
	int i;

	draft.texts[draft.text_count++] = args->word;
	for (i = 0; i < args->pos && draft.text_count < ANSITEL_TEXTS; i++) {
		draft.texts[draft.text_count++] = word_at(entry, args, i);
	}
	mailbox_ask(&draft, COMPLETION_MS, &candidates);
	rest = candidates;
	while ((candidate = strsep(&rest, "\n"))) {
		if (!ast_strlen_zero(candidate)) {
			ast_cli_completion_add(ast_strdup(candidate));
		}
	}
	ast_free(candidates);
	return NULL;
}

static char *run(const struct ast_cli_entry *entry, struct ast_cli_args *args)
{
	struct ansitel_draft draft = { .kind = ANSITEL_CLI, .at = now_us() };
	char *output;
	int waits = args->argc > 1 && !strcmp(word_at(entry, args, 1), "test");
	int code;
	int i;

	if (args->argc > ANSITEL_TEXTS) {
		return CLI_SHOWUSAGE;
	}
	for (i = 0; i < args->argc; i++) {
		draft.texts[draft.text_count++] = word_at(entry, args, i);
	}
	code = mailbox_ask(&draft, waits ? TEST_MS : ANSWER_MS, &output);
	if (!ast_strlen_zero(output)) {
		ast_cli(args->fd, "%s", output);
	} else if (code < 0) {
		ast_cli(args->fd, "%s.\n", mailbox_excuse(code));
	}
	ast_free(output);
	switch (code) {
	case ANSITEL_CLI_OK:
		return CLI_SUCCESS;
	case ANSITEL_CLI_USAGE:
		return CLI_SHOWUSAGE;
	default:
		return CLI_FAILURE;
	}
}

static char *handle(struct ast_cli_entry *entry, int cmd, struct ast_cli_args *args)
{
	const struct command *command = &commands[((char *) entry - (char *) entries) / sizeof(entries[0])];

	switch (cmd) {
	case CLI_INIT:
		entry->command = command->words;
		entry->usage = command->usage;
		return NULL;
	case CLI_GENERATE:
		return complete(entry, args);
	default:
		return run(entry, args);
	}
}

int cli_register(void)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(entries) && !failed; i++) {
		failed = ast_cli_register(&entries[i].self);
	}
	return failed;
}

/* Asterisk counts who runs a command in the entry itself, until after the handler has
 * returned; that memory is ours, and goes with the module. */
static int wait_until_unused(const struct ast_cli_entry *entry)
{
	int waited_ms;

	for (waited_ms = 0; __atomic_load_n(&entry->inuse, __ATOMIC_ACQUIRE) > 0; waited_ms += STEP_MS) {
		if (waited_ms > ANSWER_MS + COMPLETION_MS) {
			return -1;
		}
		usleep(STEP_MS * 1000);
	}
	return 0;
}

int cli_unregister(void)
{
	int used = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(entries) && !used; i++) {
		/* Asterisk would leave a command that is in use registered, with a warning. */
		used = wait_until_unused(&entries[i].self);
		if (!used) {
			ast_cli_unregister(&entries[i].self);
		}
	}
	/* Nobody finds the commands any more; who had found one just before shall finish it. */
	for (i = 0; i < ARRAY_LEN(entries) && !used; i++) {
		used = wait_until_unused(&entries[i].self);
	}
	return used;
}
