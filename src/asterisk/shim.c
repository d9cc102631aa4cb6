/*
 * The module's table, load, reload and unload.
 *
 * Everything here runs on threads of Asterisk. Rust runs only on the one thread that
 * load_module() makes and unload_module() joins (docs of src/lib.rs say why).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <limits.h>
#include <signal.h>

#include "asterisk/ast_version.h"
#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/module.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/stringfields.h"
#include "asterisk/utils.h"

#include "internal.h"

/* Opening a journal that was left large, on a slow disk. */
#define LOAD_MS 60000
#define RELOAD_MS 30000

/* libphonenumber's and SQLite's frames do not fit the half MiB that Asterisk's threads get. */
#define STACK_BYTES (4 * 1024 * 1024)

static pthread_t thread = AST_PTHREADT_NULL;

/* ---- is this the Asterisk that the module was built for? ---- */

/* The texts that a channel snapshot's base has had all along. */
struct base_without_tenantid {
	AST_DECLARE_STRING_FIELDS(
		AST_STRING_FIELD(name);
		AST_STRING_FIELD(uniqueid);
		AST_STRING_FIELD(accountcode);
		AST_STRING_FIELD(userfield);
		AST_STRING_FIELD(language);
		AST_STRING_FIELD(type);
	);
	struct timeval creationtime;
};

/* With one text more than those, what follows them has moved. */
#define HAS_TENANTID (offsetof(struct ast_channel_snapshot_base, creationtime) \
	> offsetof(struct base_without_tenantid, creationtime))

/*
 * Layouts change within a major version too: tenantid came into the middle of the channel
 * snapshot's base with 18.25, 20.10, 21.5 and 22.0. Nothing else that this shim reads differs
 * within a major version.
 */
static int version_has_tenantid(int major, int minor)
{
	switch (major) {
	case 18:
		return minor >= 25;
	case 20:
		return minor >= 10;
	case 21:
		return minor >= 5;
	default:
		return major >= 22;
	}
}

const char *ansitel_built_for(void)
{
	return HAS_TENANTID
		? "Asterisk " PACKAGE_VERSION " (with tenantid: 18.25, 20.10, 21.5, 22.0 or later)"
		: "Asterisk " PACKAGE_VERSION " (without tenantid: before 18.25, 20.10, 21.5)";
}

/* Reads "22.10.1", "certified/20.7-cert3", "GIT-22-abc". */
static int layout_matches(void)
{
	const char *version = ast_get_version();
	const char *digits = version + strcspn(version, "0123456789");
	int major = 0;
	int minor = 0;

	if (sscanf(digits, "%d.%d", &major, &minor) < 2) {
		/* A development tree: as new as its branch can be. */
		minor = INT_MAX;
	}
	return major == atoi(PACKAGE_VERSION)
		&& version_has_tenantid(major, minor) == HAS_TENANTID;
}

/* ---- the thread that Rust owns ---- */

static void *run_rust(void *data)
{
	sigset_t all;

	/* Asterisk's own handlers belong on Asterisk's threads; faults stay ours. */
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	sigdelset(&all, SIGTRAP);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	ansitel_module_run();
	return NULL;
}

static int start_rust(void)
{
	pthread_attr_t attributes;
	int failed;

	mailbox_open();
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	failed = ast_pthread_create(&thread, &attributes, run_rust, NULL);
	pthread_attr_destroy(&attributes);
	if (failed) {
		ast_log(LOG_ERROR, "Unable to start the Salesforce interface's thread: %s\n", strerror(failed));
		mailbox_close();
		thread = AST_PTHREADT_NULL;
	}
	return failed ? -1 : 0;
}

static void stop_rust(void)
{
	mailbox_close();
	if (thread != AST_PTHREADT_NULL) {
		pthread_join(thread, NULL);
		thread = AST_PTHREADT_NULL;
	}
}

static int ask(enum ansitel_kind kind, int timeout_ms)
{
	struct ansitel_draft draft = { .kind = kind, .at = now_us() };
	char *text;
	int code = mailbox_ask(&draft, timeout_ms, &text);

	ast_free(text);
	return code;
}

/* ---- module ---- */

/* Takes everything back by which Asterisk's threads come here, as far as it is there.
 * -1: somebody is still here, after a long wait; who, is in the log. */
static int unregister(void)
{
	const char *who = NULL;

	if (cli_unregister()) {
		who = "A command of the Salesforce interface is still running";
	} else {
		/* Before the actions: these wait until nobody uses the module, a reader of the function
		 * neither. */
		function_unregister();
		if (ami_unregister()) {
			who = "A manager action of the Salesforce interface is still running";
		} else if (http_unregister()) {
			who = "The Salesforce interface's page is still being asked";
		}
	}
	if (who) {
		ast_log(LOG_WARNING, "%s: try again later\n", who);
	}
	return who ? -1 : 0;
}

/* What was wrong is in the log already where nothing is said here. */
static int decline(const char *why)
{
	if (why) {
		ast_log(LOG_ERROR, "%s\n", why);
	}
	unregister();
	events_unsubscribe();
	stop_rust();
	return AST_MODULE_LOAD_DECLINE;
}

static int load_module(void)
{
	if (!layout_matches()) {
		ast_log(LOG_ERROR, "This res_ansitel_salesforce.so was built for %s, but this is Asterisk %s: "
			"build it against this Asterisk's headers\n", ansitel_built_for(), ast_get_version());
		return AST_MODULE_LOAD_DECLINE;
	}
	if (start_rust()) {
		return AST_MODULE_LOAD_DECLINE;
	}
	if (ask(ANSITEL_LOAD, LOAD_MS) || events_subscribe()) {
		return decline(NULL);
	}
	if (cli_register()) {
		return decline("Unable to register the CLI commands");
	}
	if (function_register()) {
		return decline("Unable to register the dialplan function SALESFORCE");
	}
	/* Waited for: calls that begin after 'module load' are seen from their beginning. */
	ask(ANSITEL_LISTENING, LOAD_MS);
	/* Last: until the module counts as running, Asterisk ends the session of whoever sends one of
	 * its actions. */
	if (ami_register()) {
		return decline("Unable to register the manager actions");
	}
	return AST_MODULE_LOAD_SUCCESS;
}

static int reload_module(void)
{
	return ask(ANSITEL_RELOAD, RELOAD_MS) ? AST_MODULE_LOAD_DECLINE : AST_MODULE_LOAD_SUCCESS;
}

static int unload_module(void)
{
	if (unregister()) {
		cli_register();
		function_register();
		ami_register();
		http_register();
		return -1;
	}
	events_unsubscribe();
	stop_rust();
	return 0;
}

AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Salesforce interface",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.reload = reload_module,
	.load_pri = AST_MODPRI_DEFAULT,
);
