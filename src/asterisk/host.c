/*
 * What Rust asks of Asterisk: its log, its configuration files, its dialplan, facts.
 *
 * All of it is called from threads that Rust owns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <dlfcn.h>

#include "asterisk/ast_version.h"
#include "asterisk/astobj2.h"
#include "asterisk/channel.h"
#include "asterisk/config.h"
#include "asterisk/logger.h"
#include "asterisk/module.h"
#include "asterisk/paths.h"
#include "asterisk/pbx.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"
#include "asterisk/vector.h"

#include "internal.h"

void ansitel_log(enum ansitel_level level, const char *file, int line, const char *function, const char *text)
{
	static const int levels[] = {
		[ANSITEL_ERROR] = __LOG_ERROR,
		[ANSITEL_WARNING] = __LOG_WARNING,
		[ANSITEL_NOTICE] = __LOG_NOTICE,
		[ANSITEL_DEBUG] = __LOG_DEBUG,
	};

	if (level == ANSITEL_DEBUG && !DEBUG_ATLEAST(1)) {
		return;
	}
	ast_log(levels[level], file, line, function, "%s\n", text);
}

/* ---- configuration ---- */

struct ansitel_config {
	char *file;
	struct ast_config *config;
	struct ast_category *category;
	struct ast_variable *variable;
};

enum ansitel_config_state ansitel_config_open(const char *file, struct ansitel_config **config)
{
	struct ast_flags flags = { 0 };
	struct ast_config *loaded = ast_config_load2(file, AST_MODULE, flags);

	*config = NULL;
	if (!loaded || loaded == CONFIG_STATUS_FILEMISSING) {
		return ANSITEL_CONFIG_MISSING;
	}
	if (loaded == CONFIG_STATUS_FILEINVALID) {
		return ANSITEL_CONFIG_INVALID;
	}
	*config = ast_calloc(1, sizeof(**config));
	if (!*config) {
		ast_config_destroy(loaded);
		return ANSITEL_CONFIG_INVALID;
	}
	(*config)->config = loaded;
	(*config)->file = ast_strdup(file);
	return ANSITEL_CONFIG_OK;
}

/* A section stands where its first option does: Asterisk does not tell more. Options that came
 * from a template stand with the template. */
static const struct ast_variable *first_own(const struct ast_variable *options)
{
	const struct ast_variable *own = options;

	while (own && own->inherited) {
		own = own->next;
	}
	return own ? own : options;
}

int ansitel_config_next(struct ansitel_config *config, struct ansitel_config_entry *entry)
{
	const struct ast_variable *own;

	memset(entry, 0, sizeof(*entry));
	if (config->variable) {
		config->variable = config->variable->next;
	}
	if (!config->variable) {
		config->category = ast_category_browse_filtered(config->config, NULL, config->category, NULL);
		if (!config->category) {
			return 0;
		}
		config->variable = ast_category_first(config->category);
		own = first_own(config->variable);
		entry->section_file = S_OR(own ? own->file : NULL, S_OR(config->file, ""));
		entry->section_line = own ? own->lineno : 0;
		entry->first = 1;
	}
	entry->section = ast_category_get_name(config->category);
	if (config->variable) {
		entry->option = config->variable->name;
		entry->value = S_OR(config->variable->value, "");
		/* Asterisk names files that are included, and leaves the name of the file itself empty. */
		entry->file = S_OR(config->variable->file, S_OR(config->file, ""));
		entry->line = config->variable->lineno;
	}
	return 1;
}

void ansitel_config_close(struct ansitel_config *config)
{
	if (config) {
		/* It may hold passwords. */
		config_wipe(config->config);
		ast_config_destroy(config->config);
		ast_free(config->file);
		ast_free(config);
	}
}

/* ---- dialplan ---- */

struct ansitel_dialplan {
	AST_VECTOR(, struct ansitel_place) all;
	size_t next;
};

static void place_free(struct ansitel_place *place)
{
	ast_free((void *) place->context);
	ast_free((void *) place->name);
	ast_free((void *) place->devices);
}

static void dialplan_add(struct ansitel_dialplan *dialplan, enum ansitel_place_kind kind,
	const char *context, const char *name, const char *devices)
{
	struct ansitel_place place = {
		.kind = kind,
		.context = ast_strdup(context),
		.name = ast_strdup(name),
		.devices = ast_strdup(S_OR(devices, "")),
	};

	if (!place.context || !place.name || !place.devices || AST_VECTOR_APPEND(&dialplan->all, place)) {
		place_free(&place);
	}
}

/* Does an extension with this application make something ring, or lead to where that is done? */
static enum ansitel_place_kind kind_of(const char *application)
{
	static const char *const dial[] = { "Dial", "RetryDial", "Queue", "FollowMe", "Page", "SLATrunk", "SLAStation" };
	static const char *const call[] = { "Gosub", "GosubIf", "Macro", "MacroIf", "AGI", "Stasis" };
	size_t i;

	for (i = 0; i < ARRAY_LEN(dial); i++) {
		if (!strcasecmp(application, dial[i])) {
			return ANSITEL_PLACE_DIALS;
		}
	}
	for (i = 0; i < ARRAY_LEN(call); i++) {
		if (!strcasecmp(application, call[i])) {
			return ANSITEL_PLACE_CALLS;
		}
	}
	return ANSITEL_PLACE_EXTENSION;
}

static void dialplan_add_extension(struct ansitel_dialplan *dialplan, const char *context, struct ast_exten *exten)
{
	enum ansitel_place_kind kind = ANSITEL_PLACE_HINT;
	struct ast_exten *priority = NULL;

	while ((priority = ast_walk_extension_priorities(exten, priority))) {
		const char *application = S_OR(ast_get_extension_app(priority), "");

		if (ast_get_extension_priority(priority) == PRIORITY_HINT) {
			dialplan_add(dialplan, ANSITEL_PLACE_HINT, context, ast_get_extension_name(priority), application);
		} else {
			kind = MAX(kind, kind_of(application));
		}
	}
	if (kind != ANSITEL_PLACE_HINT) {
		dialplan_add(dialplan, kind, context, ast_get_extension_name(exten), NULL);
	}
}

static void dialplan_add_context(struct ansitel_dialplan *dialplan, struct ast_context *context)
{
	const char *name = ast_get_context_name(context);
	struct ast_exten *exten = NULL;
	int i;

	while ((exten = ast_walk_context_extensions(context, exten))) {
		dialplan_add_extension(dialplan, name, exten);
	}
	for (i = 0; i < ast_context_includes_count(context); i++) {
		dialplan_add(dialplan, ANSITEL_PLACE_INCLUDE, name,
			ast_get_include_name(ast_context_includes_get(context, i)), NULL);
	}
}

struct ansitel_dialplan *ansitel_dialplan_open(void)
{
	struct ansitel_dialplan *dialplan = ast_calloc(1, sizeof(*dialplan));
	struct ast_context *context = NULL;

	if (!dialplan) {
		return NULL;
	}
	AST_VECTOR_INIT(&dialplan->all, 0);
	ast_rdlock_contexts();
	while ((context = ast_walk_contexts(context))) {
		ast_rdlock_context(context);
		dialplan_add_context(dialplan, context);
		ast_unlock_context(context);
	}
	ast_unlock_contexts();
	return dialplan;
}

int ansitel_dialplan_next(struct ansitel_dialplan *dialplan, struct ansitel_place *place)
{
	if (!dialplan || dialplan->next >= AST_VECTOR_SIZE(&dialplan->all)) {
		return 0;
	}
	*place = AST_VECTOR_GET(&dialplan->all, dialplan->next);
	dialplan->next++;
	return 1;
}

void ansitel_dialplan_close(struct ansitel_dialplan *dialplan)
{
	size_t i;

	if (!dialplan) {
		return;
	}
	for (i = 0; i < AST_VECTOR_SIZE(&dialplan->all); i++) {
		place_free(AST_VECTOR_GET_ADDR(&dialplan->all, i));
	}
	AST_VECTOR_FREE(&dialplan->all);
	ast_free(dialplan);
}

/* As main/pbx.c resolves a pattern's hint when somebody asks for one of its extensions. */
void ansitel_hint_resolve(const char *context, const char *exten, const char *devices, char *buffer, size_t size)
{
	struct ast_channel *channel = ast_dummy_channel_alloc();
	int inhibited;

	buffer[0] = '\0';
	if (!channel) {
		return;
	}
	ast_channel_exten_set(channel, exten);
	ast_channel_context_set(channel, context);
	/* The hint stands in the dialplan, whose author may call any function. */
	inhibited = ast_thread_inhibit_escalations_swap(0);
	pbx_substitute_variables_helper(channel, devices, buffer, (int) size - 1);
	if (inhibited > 0) {
		ast_thread_inhibit_escalations();
	}
	ast_channel_unref(channel);
}

/* ---- facts ---- */

const char *ansitel_asterisk_version(void)
{
	return ast_get_version();
}

const char *ansitel_system_name(void)
{
	return ast_config_AST_SYSTEM_NAME;
}

const char *ansitel_spool_dir(void)
{
	return ast_config_AST_SPOOL_DIR;
}

const char *ansitel_data_dir(void)
{
	return ast_config_AST_DATA_DIR;
}

const char *ansitel_config_dir(void)
{
	return ast_config_AST_CONFIG_DIR;
}

int ansitel_channel_exists(const char *uniqueid)
{
	struct ast_channel_snapshot *snapshot = ast_channel_snapshot_get_latest(uniqueid);

	ao2_cleanup(snapshot);
	return snapshot != NULL;
}

int ansitel_stay(void)
{
	Dl_info self;

	if (!dladdr((void *) ansitel_stay, &self)) {
		return -1;
	}
	return dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) ? 0 : -1;
}
