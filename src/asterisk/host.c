/*
 * What Rust asks of Asterisk: its log, its configuration files, its hints, facts.
 *
 * All of it is called from threads that Rust owns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include <dlfcn.h>

#include "asterisk/ast_version.h"
#include "asterisk/astobj2.h"
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

/* ---- hints ---- */

struct ansitel_hints {
	AST_VECTOR(, struct ansitel_hint) all;
	size_t next;
};

static void hints_add_context(struct ansitel_hints *hints, struct ast_context *context)
{
	struct ast_exten *exten = NULL;

	while ((exten = ast_walk_context_extensions(context, exten))) {
		struct ast_exten *priority = NULL;

		while ((priority = ast_walk_extension_priorities(exten, priority))) {
			struct ansitel_hint hint;

			if (ast_get_extension_priority(priority) != PRIORITY_HINT) {
				continue;
			}
			hint.context = ast_strdup(ast_get_context_name(context));
			hint.exten = ast_strdup(ast_get_extension_name(priority));
			hint.devices = ast_strdup(S_OR(ast_get_extension_app(priority), ""));
			if (!hint.context || !hint.exten || !hint.devices || AST_VECTOR_APPEND(&hints->all, hint)) {
				ast_free((void *) hint.context);
				ast_free((void *) hint.exten);
				ast_free((void *) hint.devices);
			}
		}
	}
}

struct ansitel_hints *ansitel_hints_open(void)
{
	struct ansitel_hints *hints = ast_calloc(1, sizeof(*hints));
	struct ast_context *context = NULL;

	if (!hints) {
		return NULL;
	}
	AST_VECTOR_INIT(&hints->all, 0);
	ast_rdlock_contexts();
	while ((context = ast_walk_contexts(context))) {
		ast_rdlock_context(context);
		hints_add_context(hints, context);
		ast_unlock_context(context);
	}
	ast_unlock_contexts();
	return hints;
}

int ansitel_hints_next(struct ansitel_hints *hints, struct ansitel_hint *hint)
{
	if (!hints || hints->next >= AST_VECTOR_SIZE(&hints->all)) {
		return 0;
	}
	*hint = AST_VECTOR_GET(&hints->all, hints->next);
	hints->next++;
	return 1;
}

void ansitel_hints_close(struct ansitel_hints *hints)
{
	size_t i;

	if (!hints) {
		return;
	}
	for (i = 0; i < AST_VECTOR_SIZE(&hints->all); i++) {
		struct ansitel_hint hint = AST_VECTOR_GET(&hints->all, i);

		ast_free((void *) hint.context);
		ast_free((void *) hint.exten);
		ast_free((void *) hint.devices);
	}
	AST_VECTOR_FREE(&hints->all);
	ast_free(hints);
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
