/*
 * The dialplan function SALESFORCE(): a question in, a value out; what it means is Rust's.
 *
 * The channel's thread waits here, at most as long as the configuration says, with the channel
 * in autoservice and without any lock. Asterisk counts who is inside as a use of the module, so
 * that nobody unloads it meanwhile but by force.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/app.h"
#include "asterisk/callerid.h"
#include "asterisk/channel.h"
#include "asterisk/pbx.h"
#include "asterisk/strings.h"
#include "asterisk/time.h"
#include "asterisk/utils.h"

#include "internal.h"

#define STATUS "SALESFORCE_STATUS"

static int timeout_ms = 500;
static int inside;

void ansitel_function_timeout(int milliseconds)
{
	__atomic_store_n(&timeout_ms, milliseconds, __ATOMIC_RELAXED);
}

static const char *status_name(int code)
{
	switch (code) {
	case ANSITEL_FUNCTION_FOUND:
		return "FOUND";
	case ANSITEL_FUNCTION_NOTFOUND:
		return "NOTFOUND";
	case ANSITEL_FUNCTION_TIMEOUT:
		return "TIMEOUT";
	case ANSITEL_FUNCTION_STOPPED:
		return "STOPPED";
	case ANSITEL_FUNCTION_NOUSER:
		return "NOUSER";
	default:
		return "ERROR";
	}
}

/* ast_copy_string, but never a part of a character. */
static void copy_value(char *buffer, const char *value, size_t size)
{
	size_t length = strlen(value);

	if (length >= size) {
		length = size - 1;
		while (length && ((unsigned char) value[length] & 0xc0) == 0x80) {
			length--;
		}
	}
	memcpy(buffer, value, length);
	buffer[length] = '\0';
}

static int ask(const struct ansitel_draft *draft, char *buffer, size_t size)
{
	struct timeval begun = ast_tvnow();
	int patience = __atomic_load_n(&timeout_ms, __ATOMIC_RELAXED);
	char *value;
	int code = mailbox_ask(draft, patience, &value);

	if (code == ANSITEL_FUNCTION_FOUND && value) {
		copy_value(buffer, value, size);
	} else if (code < 0 && ast_tvdiff_ms(ast_tvnow(), begun) >= patience) {
		code = ANSITEL_FUNCTION_TIMEOUT;
	}
	ast_free(value);
	return code;
}

/* Who calls whom, as of now; on the caller's stack, for the channel may change meanwhile. */
#define COPY_CHANNEL(copy, chan) do { \
	ast_channel_lock(chan); \
	(copy)->uniqueid = ast_strdupa(ast_channel_uniqueid(chan)); \
	(copy)->context = ast_strdupa(ast_channel_context(chan)); \
	(copy)->exten = ast_strdupa(ast_channel_exten(chan)); \
	(copy)->dnid = ast_strdupa(S_OR(ast_channel_dialed(chan)->number.str, "")); \
	(copy)->caller_number = ast_strdupa(S_COR(ast_channel_caller(chan)->id.number.valid, \
		ast_channel_caller(chan)->id.number.str, "")); \
	(copy)->presentation = ast_party_id_presentation(&ast_channel_caller(chan)->id); \
	ast_channel_unlock(chan); \
} while (0)

static int read_function(struct ast_channel *chan, const char *cmd, char *data, char *buffer, size_t size)
{
	struct ansitel_draft draft = { .kind = ANSITEL_FUNCTION, .at = now_us(), .text_count = 3 };
	/* What stands in for a channel where there is none has no frames to be served. */
	int served = chan && ast_channel_tech(chan);
	int code;
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(field);
		AST_APP_ARG(number);
		AST_APP_ARG(user);
	);

	__atomic_add_fetch(&inside, 1, __ATOMIC_ACQ_REL);
	*buffer = '\0';
	AST_STANDARD_APP_ARGS(args, data);
	draft.texts[0] = S_OR(args.field, "");
	draft.texts[1] = S_OR(args.number, "");
	draft.texts[2] = S_OR(args.user, "");
	if (chan) {
		COPY_CHANNEL(&draft.channels[0], chan);
	}
	if (served) {
		ast_autoservice_start(chan);
	}
	code = ask(&draft, buffer, size);
	if (served) {
		ast_autoservice_stop(chan);
	}
	/* Without a channel it would be everybody's variable. */
	if (chan) {
		pbx_builtin_setvar_helper(chan, STATUS, status_name(code));
	}
	__atomic_sub_fetch(&inside, 1, __ATOMIC_ACQ_REL);
	return 0;
}

static WITH_ROOM(struct ast_custom_function, self) function = {
	.self = {
		.name = "SALESFORCE",
		.read = read_function,
	},
};

/* Tells of customers and costs requests: from AMI and ARI only where the administrator lives
 * dangerously, as with DB(). */
int function_register(void)
{
	return ast_custom_function_register_escalating(&function.self, AST_CFE_READ);
}

void function_unregister(void)
{
	ast_custom_function_unregister(&function.self);
}

int function_inside(void)
{
	return __atomic_load_n(&inside, __ATOMIC_ACQUIRE);
}
