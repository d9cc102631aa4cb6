/*
 * Who may log in to Asterisk's manager interface, as manager.conf has it now.
 *
 * Asterisk itself tells nobody whom it lets in, so this reads what main/manager.c reads, in its
 * order and with its meaning; addresses are judged by Asterisk's own ACLs. It goes by the files:
 * what is taken away there counts here at once, and not only after "manager reload".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/acl.h"
#include "asterisk/ast_version.h"
#include "asterisk/config.h"
#include "asterisk/manager.h"
#include "asterisk/netsock2.h"
#include "asterisk/strings.h"
#include "asterisk/utils.h"
#include "asterisk/vector.h"

#include "internal.h"

/* Who may look at the system, or at its figures, may look; who may change the system and its
 * configuration, may change: as with UpdateConfig and ModuleLoad. */
#define LOOK (EVENT_FLAG_SYSTEM | EVENT_FLAG_REPORTING)
#define CHANGE (EVENT_FLAG_SYSTEM | EVENT_FLAG_CONFIG)

/* As long as Asterisk keeps them. */
#define LONGEST_NAME 80

/* Up to this version, users.conf has users of the manager interface, too. */
#define LAST_WITH_USERS_CONF 22

struct manager {
	char name[LONGEST_NAME];
	char *secret;
	struct ast_acl_list *acl;
	int read;
	int write;
	/* One of its rules cannot be read: Asterisk lets nobody in then. */
	int is_broken;
};

struct ansitel_managers {
	int is_enabled;
	AST_VECTOR(, struct manager *) users;
	AST_VECTOR(, char *) files;
};

/* ---- rights ---- */

static const struct {
	const char *word;
	int flags;
} classes[] = {
	{ "system", EVENT_FLAG_SYSTEM },
	{ "config", EVENT_FLAG_CONFIG },
	{ "reporting", EVENT_FLAG_REPORTING },
	{ "all", INT_MAX },
};

/*
 * What a list of classes grants of those that count here. As Asterisk reads it: no spaces, and of
 * each word but the last its beginning will do.
 */
static int flags_of(const char *list)
{
	int flags = 0;
	size_t i;

	for (;;) {
		const char *comma = strchr(list, ',');

		for (i = 0; i < ARRAY_LEN(classes); i++) {
			if (comma ? !strncmp(list, classes[i].word, comma - list) : !strcmp(list, classes[i].word)) {
				flags |= classes[i].flags;
			}
		}
		if (!comma || !comma[1]) {
			return flags;
		}
		list = comma + 1;
	}
}

/* ---- reading ---- */

static void wipe(char *text)
{
	if (text) {
		explicit_bzero(text, strlen(text));
	}
}

void config_wipe(struct ast_config *config)
{
	struct ast_category *category = NULL;
	struct ast_variable *variable;

	while ((category = ast_category_browse_filtered(config, NULL, category, "TEMPLATES=include"))) {
		for (variable = ast_category_first(category); variable; variable = variable->next) {
			/* The structure is a copy of our own, texts included. */
			wipe((char *) variable->value);
		}
	}
}

static void add_file(struct ansitel_managers *managers, const char *file)
{
	size_t i;
	char *copy;

	for (i = 0; i < AST_VECTOR_SIZE(&managers->files); i++) {
		if (!strcmp(AST_VECTOR_GET(&managers->files, i), file)) {
			return;
		}
	}
	copy = ast_strdup(file);
	if (copy && AST_VECTOR_APPEND(&managers->files, copy)) {
		ast_free(copy);
	}
}

static void add_files(struct ansitel_managers *managers, const struct ast_variable *variable)
{
	for (; variable; variable = variable->next) {
		/* Empty: the file itself. */
		if (!ast_strlen_zero(variable->file)) {
			add_file(managers, variable->file);
		}
	}
}

/* The user of this name, a new one if there is none yet: two sections of one name are one user. */
static struct manager *user_of(struct ansitel_managers *managers, const char *name, int rights)
{
	struct manager *user;
	size_t i;

	for (i = 0; i < AST_VECTOR_SIZE(&managers->users); i++) {
		user = AST_VECTOR_GET(&managers->users, i);
		if (!strcasecmp(user->name, name)) {
			return user;
		}
	}
	user = ast_calloc(1, sizeof(*user));
	if (!user) {
		return NULL;
	}
	ast_copy_string(user->name, name, sizeof(user->name));
	user->read = rights;
	user->write = rights;
	if (AST_VECTOR_APPEND(&managers->users, user)) {
		ast_free(user);
		return NULL;
	}
	return user;
}

static void set_secret(struct manager *user, const char *secret)
{
	wipe(user->secret);
	ast_free(user->secret);
	user->secret = ast_strdup(secret);
}

/* *config: NULL where there is none. -1: there is one, and it cannot be read. */
static int load(const char *file, struct ast_config **config)
{
	struct ast_flags flags = { 0 };

	*config = ast_config_load2(file, AST_MODULE, flags);
	if (*config == CONFIG_STATUS_FILEINVALID) {
		*config = NULL;
		return -1;
	}
	if (*config == CONFIG_STATUS_FILEMISSING || *config == CONFIG_STATUS_FILEUNCHANGED) {
		*config = NULL;
	}
	return 0;
}

static void unload(struct ast_config *config)
{
	config_wipe(config);
	ast_config_destroy(config);
}

static const char *of_user_or_general(struct ast_config *config, const char *section, const char *option)
{
	const char *own = ast_variable_retrieve(config, section, option);

	return own ? own : ast_variable_retrieve(config, "general", option);
}

static int has_users_conf(void)
{
	const char *version = ast_get_version();
	int major = atoi(version + strcspn(version, "0123456789"));

	/* A version without a number is one under development. */
	return major > 0 && major <= LAST_WITH_USERS_CONF;
}

/* Those of users.conf that say hasmanager; manager.conf has the last word. */
static int read_users_conf(struct ansitel_managers *managers)
{
	struct ast_config *config;
	const char *section = NULL;
	int by_default;

	if (load("users.conf", &config)) {
		return -1;
	}
	add_file(managers, "users.conf");
	if (!config) {
		return 0;
	}
	by_default = ast_true(ast_variable_retrieve(config, "general", "hasmanager"));
	while ((section = ast_category_browse(config, section))) {
		const char *own = ast_variable_retrieve(config, section, "hasmanager");
		const char *value;
		struct manager *user;

		add_files(managers, ast_variable_browse(config, section));
		if (!strcasecmp(section, "general") || !(own ? ast_true(own) : by_default)) {
			continue;
		}
		/* There, who is given no rights has all of them. */
		user = user_of(managers, section, -1);
		if (!user) {
			continue;
		}
		value = of_user_or_general(config, section, "secret");
		if (!ast_strlen_zero(value)) {
			set_secret(user, value);
		}
		value = of_user_or_general(config, section, "read");
		if (value) {
			user->read = flags_of(value);
		}
		value = of_user_or_general(config, section, "write");
		if (value) {
			user->write = flags_of(value);
		}
	}
	unload(config);
	return 0;
}

static void read_user(struct manager *user, const struct ast_variable *option)
{
	int unused = 0;

	user->acl = ast_free_acl_list(user->acl);
	user->is_broken = 0;
	for (; option; option = option->next) {
		if (!strcasecmp(option->name, "secret")) {
			set_secret(user, option->value);
		} else if (!strcasecmp(option->name, "read")) {
			user->read = flags_of(option->value);
		} else if (!strcasecmp(option->name, "write")) {
			user->write = flags_of(option->value);
		} else if (!strcasecmp(option->name, "deny") || !strcasecmp(option->name, "permit")
			|| !strcasecmp(option->name, "acl")) {
			int error = 0;

			ast_append_acl(option->name, option->value, &user->acl, &error, &unused);
			user->is_broken |= error;
		}
	}
}

static int read_manager_conf(struct ansitel_managers *managers)
{
	struct ast_config *config;
	const struct ast_variable *option;
	const char *section = NULL;

	if (load("manager.conf", &config)) {
		return -1;
	}
	add_file(managers, "manager.conf");
	/* Named ACLs stand there. */
	add_file(managers, "acl.conf");
	if (!config) {
		return 0;
	}
	for (option = ast_variable_browse(config, "general"); option; option = option->next) {
		if (!strcasecmp(option->name, "enabled")) {
			managers->is_enabled = ast_true(option->value);
		}
	}
	while ((section = ast_category_browse(config, section))) {
		const struct ast_variable *options = ast_variable_browse(config, section);
		struct manager *user;

		add_files(managers, options);
		if (strcasecmp(section, "general") && (user = user_of(managers, section, 0))) {
			read_user(user, options);
		}
	}
	unload(config);
	return 0;
}

/* ---- for Rust ---- */

struct ansitel_managers *ansitel_managers_open(void)
{
	struct ansitel_managers *managers = ast_calloc(1, sizeof(*managers));

	if (!managers) {
		return NULL;
	}
	AST_VECTOR_INIT(&managers->users, 0);
	AST_VECTOR_INIT(&managers->files, 0);
	if ((has_users_conf() && read_users_conf(managers)) || read_manager_conf(managers)) {
		ansitel_managers_close(managers);
		return NULL;
	}
	return managers;
}

int ansitel_managers_enabled(const struct ansitel_managers *managers)
{
	return managers->is_enabled;
}

static const struct manager *user_at(const struct ansitel_managers *managers, size_t index)
{
	return index < AST_VECTOR_SIZE(&managers->users) ? AST_VECTOR_GET(&managers->users, index) : NULL;
}

int ansitel_managers_user(const struct ansitel_managers *managers, size_t index, struct ansitel_manager_user *user)
{
	const struct manager *found = user_at(managers, index);

	memset(user, 0, sizeof(*user));
	if (!found) {
		return 0;
	}
	user->name = found->name;
	user->secret = S_OR(found->secret, "");
	user->can_look = (found->read & LOOK) || (found->write & LOOK);
	user->can_change = (found->write & CHANGE) == CHANGE;
	return 1;
}

int ansitel_managers_admit(const struct ansitel_managers *managers, size_t index, const char *address)
{
	const struct manager *user = user_at(managers, index);
	struct ast_sockaddr from;

	if (!user || user->is_broken) {
		return 0;
	}
	if (!user->acl) {
		return 1;
	}
	return ast_sockaddr_parse(&from, address, PARSE_PORT_FORBID)
		&& ast_apply_acl_nolog(user->acl, &from) == AST_SENSE_ALLOW;
}

const char *ansitel_managers_file(const struct ansitel_managers *managers, size_t index)
{
	return index < AST_VECTOR_SIZE(&managers->files) ? AST_VECTOR_GET(&managers->files, index) : NULL;
}

void ansitel_managers_wipe(struct ansitel_managers *managers)
{
	size_t i;

	for (i = 0; i < AST_VECTOR_SIZE(&managers->users); i++) {
		wipe(AST_VECTOR_GET(&managers->users, i)->secret);
	}
}

void ansitel_managers_close(struct ansitel_managers *managers)
{
	size_t i;

	if (!managers) {
		return;
	}
	ansitel_managers_wipe(managers);
	for (i = 0; i < AST_VECTOR_SIZE(&managers->users); i++) {
		struct manager *user = AST_VECTOR_GET(&managers->users, i);

		ast_free_acl_list(user->acl);
		ast_free(user->secret);
		ast_free(user);
	}
	for (i = 0; i < AST_VECTOR_SIZE(&managers->files); i++) {
		ast_free(AST_VECTOR_GET(&managers->files, i));
	}
	AST_VECTOR_FREE(&managers->users);
	AST_VECTOR_FREE(&managers->files);
	ast_free(managers);
}
