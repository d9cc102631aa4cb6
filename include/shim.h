/*
 * The boundary between Asterisk and the Rust part of res_ansitel_salesforce.
 *
 * Plain C without any Asterisk layout: bindgen reads only this file. Everything
 * here that Rust calls may be called from any thread that Rust owns. Rust is
 * entered in one place only, ansitel_module_run(), on a thread made for it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ANSITEL_SHIM_H
#define ANSITEL_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* What a message is about. Events first, then what wants an answer. */
enum ansitel_kind {
	ANSITEL_CHANNEL = 1,       /* channel 0 is new or changed */
	ANSITEL_GONE,              /* channel 0 was destroyed */
	ANSITEL_HANGUP_REQUEST,    /* the far end of channel 0 hung up */
	ANSITEL_DIAL,              /* 0 caller, 1 peer, 2 forwarded; texts: status, forward, dial string */
	ANSITEL_ENTER,             /* channel 0 entered the bridge; texts: bridge */
	ANSITEL_LEAVE,             /* channel 0 left the bridge; texts: bridge */
	ANSITEL_PICKUP,            /* channel 0 picked up channel 1 */
	ANSITEL_BLIND_TRANSFER,    /* 0 transferer, 1 transferee; texts: context, exten */
	ANSITEL_ATTENDED_TRANSFER, /* 0 transferer, 1 its other leg, 2 transferee, 3 target */
	ANSITEL_ORDER,             /* of ansitel_order() */

	ANSITEL_LOAD = 100,        /* answer: 0 loaded, else declined */
	ANSITEL_LISTENING,         /* events flow from here on; answer: 0 */
	ANSITEL_RELOAD,            /* answer: 0 done, else the old configuration stays */
	ANSITEL_CLI,               /* texts: the words of the command; answer: the output */
	ANSITEL_COMPLETE,          /* texts: the word so far, the words before it; answer: one candidate a line */
	ANSITEL_WEB,               /* texts: web; answer: HTTP status, and header lines, empty line, body */
	ANSITEL_MANAGER,           /* texts: manager; answer: see ansitel_manager_code */
	ANSITEL_FUNCTION,          /* texts: field, number, user; channel 0, if any; answer: the value */
};

/* The bridge in the texts of ANSITEL_ENTER and ANSITEL_LEAVE. */
enum ansitel_bridge_text {
	ANSITEL_BRIDGE_ID = 0,
	ANSITEL_BRIDGE_TECHNOLOGY,
	ANSITEL_BRIDGE_CLASS,
	ANSITEL_BRIDGE_CREATOR,
	ANSITEL_BRIDGE_NAME,
};

/* What a CLI answer's code tells Asterisk. */
enum ansitel_cli_code {
	ANSITEL_CLI_OK = 0,
	ANSITEL_CLI_USAGE,
	ANSITEL_CLI_FAILED,
};

/* A request for the web page in the texts of ANSITEL_WEB. */
enum ansitel_web_text {
	ANSITEL_WEB_METHOD = 0,
	ANSITEL_WEB_PATH,          /* below the page, decoded; "." for the page without a slash behind it */
	ANSITEL_WEB_QUERY,         /* name=value&..., encoded */
	ANSITEL_WEB_HEADERS,       /* lines of Name: value */
	ANSITEL_WEB_PEER,          /* address of the client */
	ANSITEL_WEB_SECURE,        /* not empty: over TLS */
	ANSITEL_WEB_ROOT,          /* the page's path, with a slash at both ends */
	ANSITEL_WEB_STAGE,         /* "head": its body has not been read, answer 100 "bytes milliseconds"
	                            * has it read and asked again; else "whole" */
	ANSITEL_WEB_BODY,          /* as it came, or empty: there is none, or it was not as announced */
};

/* The headers in the texts of ANSITEL_MANAGER; empty where the action has none. */
enum ansitel_manager_text {
	ANSITEL_MANAGER_ACTION = 0,
	ANSITEL_MANAGER_ACTION_ID,
	ANSITEL_MANAGER_USER,
	ANSITEL_MANAGER_CALL,
	ANSITEL_MANAGER_COUNT,
};

/* What a manager answer's code tells, unless it is the number of events in a list; the text is
 * those events, each with its empty line, then headers of the one that ends the list. */
enum ansitel_manager_code {
	ANSITEL_MANAGER_DONE = 0,    /* the text is a message */
	ANSITEL_MANAGER_FAILED = -2, /* the text says what is wrong */
};

/* What the answer's code tells the dialplan in SALESFORCE_STATUS; -1 where there is none. */
enum ansitel_function_code {
	ANSITEL_FUNCTION_FOUND = 0,
	ANSITEL_FUNCTION_NOTFOUND,
	ANSITEL_FUNCTION_TIMEOUT,
	ANSITEL_FUNCTION_ERROR,
	ANSITEL_FUNCTION_STOPPED,
	ANSITEL_FUNCTION_NOUSER,
};

#define ANSITEL_CHANNELS 4
#define ANSITEL_TEXTS 10

/* A channel at the moment of the event. uniqueid is NULL where there is no channel; no
 * other text is NULL then. */
struct ansitel_channel {
	const char *uniqueid;
	const char *linkedid;
	const char *name;
	const char *caller_number;
	const char *caller_name;
	const char *dnid;
	const char *context;
	const char *exten;
	const char *application;
	const char *data;
	const char *bridge;        /* id, or empty */
	int32_t state;             /* enum ast_channel_state, asterisk/channelstate.h */
	int32_t presentation;      /* AST_PRES_*, asterisk/callerid.h */
	int32_t cause;             /* AST_CAUSE_*, asterisk/causes.h */
	int32_t outgoing;          /* AST_FLAG_OUTGOING: made to ring a phone */
};

struct ansitel_answer;

/* One message; owned by whoever took it, until ansitel_message_free(). */
struct ansitel_message {
	struct ansitel_message *next;
	struct ansitel_answer *answer; /* NULL where none is due */
	int64_t at;                    /* microseconds since the epoch */
	int32_t kind;                  /* enum ansitel_kind */
	int32_t text_count;
	size_t size;                   /* bytes of all of it */
	const char *texts[ANSITEL_TEXTS];
	struct ansitel_channel channels[ANSITEL_CHANNELS];
};

/* ---- mailboxes ---- */

/* A thread of its own drains each. */
enum ansitel_mailbox {
	ANSITEL_EVENTS = 0, /* of channels, up to ANSITEL_ORDER; held within a bound */
	ANSITEL_QUESTIONS,  /* ANSITEL_LOAD and what follows; each leaves when nobody waits for it */
};

enum ansitel_take {
	ANSITEL_TAKE_MESSAGES = 0, /* *messages is a list in order, perhaps empty: time is up */
	ANSITEL_TAKE_CLOSED,       /* closed and empty: the thread shall end */
};

/* Waits up to timeout_ms for messages and takes all there are. *lost: so many events found no
 * room behind those taken. */
enum ansitel_take ansitel_mailbox_take(enum ansitel_mailbox which, int timeout_ms,
	struct ansitel_message **messages, uint64_t *lost);

/* Puts a message among the events that says nothing: the thread that takes it has an order
 * from elsewhere, to be carried out between the events before and those behind it. 0, or -1
 * for want of memory or when all is closed. */
int ansitel_order(void);

/* Before a question is dealt with: does anybody wait for its answer? If so it counts as begun, and
 * who gives up waiting is told that. */
int ansitel_message_begin(struct ansitel_message *message);

/* Answers a message that waits for it (others: no effect). text may be NULL. Once only. */
void ansitel_message_answer(struct ansitel_message *message, int code, const char *text, size_t length);

/* Frees one message; one that still waits is answered as failed. */
void ansitel_message_free(struct ansitel_message *message);

/* Shall channel events be put into their mailbox? Off at load. When it is switched on, the
 * channels that exist already are put in first; when it is switched off, first what happened
 * before. */
void ansitel_events(int on);

/* Puts the channels that exist in once more, after events were lost. */
void ansitel_events_again(void);

struct ansitel_counters {
	uint64_t seen;     /* Stasis messages that reached the callback */
	uint64_t taken;    /* of these, put into the mailbox of events */
	uint64_t dropped;  /* lost for want of memory or room */
	uint64_t waiting;  /* of these, not dealt with yet */
};
void ansitel_counters(struct ansitel_counters *counters);

/* ---- dialplan function ---- */

/* How long a call waits for the function's answer, from now on. */
void ansitel_function_timeout(int milliseconds);

/* ---- log ---- */

enum ansitel_level {
	ANSITEL_ERROR = 0,
	ANSITEL_WARNING,
	ANSITEL_NOTICE,
	ANSITEL_DEBUG,
};
void ansitel_log(enum ansitel_level level, const char *file, int line, const char *function, const char *text);

/* ---- manager events ---- */

enum ansitel_manager_class {
	ANSITEL_MANAGER_OF_CALL = 0,
	ANSITEL_MANAGER_OF_SYSTEM,
};
/* headers: lines, each with its \r\n. */
void ansitel_manager_event(enum ansitel_manager_class of, const char *name, const char *headers);

/* ---- configuration, by Asterisk's own reader ---- */

struct ansitel_config;
struct ansitel_config_entry {
	const char *section;
	const char *option;        /* NULL: the section has no options */
	const char *value;
	const char *file;
	int32_t line;
	int32_t first;             /* 1: the section begins here; */
	const char *section_file;  /* then also where it stands */
	int32_t section_line;
};
enum ansitel_config_state {
	ANSITEL_CONFIG_OK = 0,
	ANSITEL_CONFIG_MISSING,
	ANSITEL_CONFIG_INVALID,
};
enum ansitel_config_state ansitel_config_open(const char *file, struct ansitel_config **config);
/* Fills entry, whose texts live until close; 0 at the end. */
int ansitel_config_next(struct ansitel_config *config, struct ansitel_config_entry *entry);
void ansitel_config_close(struct ansitel_config *config);

/* ---- the dialplan ---- */

enum ansitel_place_kind {
	ANSITEL_PLACE_HINT = 0,    /* a hint: its devices are given */
	ANSITEL_PLACE_EXTENSION,   /* an extension that neither dials nor calls a subroutine */
	ANSITEL_PLACE_CALLS,       /* an extension that calls subroutines, which may dial */
	ANSITEL_PLACE_DIALS,       /* an extension that dials */
	ANSITEL_PLACE_INCLUDE,     /* no extension: the context includes this one */
};

struct ansitel_dialplan;
struct ansitel_place {
	int32_t kind;              /* enum ansitel_place_kind */
	const char *context;
	const char *name;          /* of the extension, perhaps a pattern, or the included context */
	const char *devices;       /* PJSIP/desk&PJSIP/mobile */
};
/* All of it, context by context, includes in their order. */
struct ansitel_dialplan *ansitel_dialplan_open(void);
int ansitel_dialplan_next(struct ansitel_dialplan *dialplan, struct ansitel_place *place);
void ansitel_dialplan_close(struct ansitel_dialplan *dialplan);

/* A hint's devices, its variables and functions resolved for an extension. */
void ansitel_hint_resolve(const char *context, const char *exten, const char *devices, char *buffer, size_t size);

/* ---- the web page ---- */

/* Shall Asterisk's HTTP server have the page? */
void ansitel_web(int on);

/* ---- facts about this Asterisk ---- */

const char *ansitel_asterisk_version(void);
const char *ansitel_system_name(void);   /* empty where asterisk.conf sets none */
const char *ansitel_spool_dir(void);
const char *ansitel_data_dir(void);
const char *ansitel_config_dir(void);
/* Does the channel with this uniqueid still exist? */
int ansitel_channel_exists(const char *uniqueid);

/* Keeps the module's code in memory when it is unloaded; -1: that cannot be. */
int ansitel_stay(void);

/* ---- who may log in to the manager interface, by manager.conf ---- */

struct ansitel_managers;
struct ansitel_manager_user {
	const char *name;
	const char *secret;        /* empty: none, and nobody may log in */
	int32_t can_look;
	int32_t can_change;
};
/* Reads the files; NULL: they cannot be read. */
struct ansitel_managers *ansitel_managers_open(void);
/* Is the manager interface switched on at all? */
int ansitel_managers_enabled(const struct ansitel_managers *managers);
/* Fills the user, whose texts live until the next call of one of the two below; 0: no such index. */
int ansitel_managers_user(const struct ansitel_managers *managers, size_t index, struct ansitel_manager_user *user);
/* Forgets the secrets; the rest stays. */
void ansitel_managers_wipe(struct ansitel_managers *managers);
void ansitel_managers_close(struct ansitel_managers *managers);
/* May the user come from this address? */
int ansitel_managers_admit(const struct ansitel_managers *managers, size_t index, const char *address);
/* A file that was read, relative to the configuration directory; NULL: no such index. */
const char *ansitel_managers_file(const struct ansitel_managers *managers, size_t index);

/* ---- Rust's side ---- */

/* The one place where Rust is entered: drains the mailboxes until they are closed. */
void ansitel_module_run(void);

#endif
