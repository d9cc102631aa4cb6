/*
 * The module's table, load, reload and unload.
 *
 * Everything here runs on threads of Asterisk. Rust runs only on the one thread that
 * load_module() makes and unload_module() joins (docs of src/lib.rs say why).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <dlfcn.h>
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
 * The tenant id came into the middle of the snapshot's base in 18.25, 20.10, 21.5 and 22.0, and in
 * certified 18.9-cert12 and 20.7-cert3. The version does not tell: sources have been released as
 * "trunk" and "certified/20.7". The function to read a channel's tenant id is in every Asterisk whose
 * snapshots have it, and in no other. Of what the shim reads, nothing else differs from 18.0 on; that
 * build options are the same, Asterisk's loader checks itself.
 */
static int asterisk_has_tenantid(void)
{
	return dlsym(RTLD_DEFAULT, "ast_channel_tenantid") != NULL;
}

static int layout_matches(void)
{
	return asterisk_has_tenantid() == HAS_TENANTID;
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
	/* As top shows it, beside those that Rust starts. */
	pthread_setname_np(pthread_self(), "sf-questions");
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

	/* First: a request may be one that loads the configuration again, and with it the page. */
	http_unregister();
	if (cli_unregister()) {
		who = "A command of the Salesforce interface is still running";
	} else {
		/* Before the actions: these wait until nobody uses the module, a reader of the function
		 * neither. */
		function_unregister();
		if (ami_unregister()) {
			who = "A manager action of the Salesforce interface is still running";
		} else if (wait_until_left()) {
			who = "The Salesforce interface's page, or its dialplan function, is still being asked";
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
		ast_log(LOG_ERROR, "This res_ansitel_salesforce.so does not fit this Asterisk (%s): it was built for one "
			"whose channels %s a tenant id. Install the module that was made for this Asterisk, or build it "
			"again after installing this Asterisk's own headers (Debian: asterisk-dev; FreePBX: asterisk-devel "
			"of its version; from source: make install-headers), then load it\n", ast_get_version(),
			HAS_TENANTID ? "have" : "do not have");
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
	http_register();
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
	int code = ask(ANSITEL_RELOAD, RELOAD_MS);

	if (code == MAILBOX_NO_ANSWER || code == MAILBOX_STILL_AT_IT) {
		ast_log(LOG_WARNING, "%s\n", mailbox_excuse(code));
	}
	return code ? AST_MODULE_LOAD_DECLINE : AST_MODULE_LOAD_SUCCESS;
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

/* What AST_MODULE_INFO makes, with room: Asterisk writes into this object, too. */
static WITH_ROOM(struct ast_module_info, self) module_info = {
	.self = {
		.name = AST_MODULE,
		.description = "Salesforce interface",
		.key = ASTERISK_GPL_KEY,
		.flags = AST_MODFLAG_LOAD_ORDER,
		.buildopt_sum = AST_BUILDOPT_SUM,
		.support_level = AST_MODULE_SUPPORT_EXTENDED,
		.load = load_module,
		.unload = unload_module,
		.reload = reload_module,
		.load_pri = AST_MODPRI_DEFAULT,
	},
};

static void __attribute__((constructor)) register_module(void)
{
	ast_module_register(&module_info.self);
}

static void __attribute__((destructor)) unregister_module(void)
{
	ast_module_unregister(&module_info.self);
}

struct ast_module *AST_MODULE_SELF_SYM(void)
{
	return module_info.self.self;
}
