/*
 * The web page under /salesforce of Asterisk's HTTP server: what a request holds is copied into
 * one message, the answer is sent as it comes.
 *
 * Who asks is Asterisk's own manager session, from its cookie; what that session may do goes
 * with the message. The body of a request is read only for who may change something, so that a
 * stranger's slow body holds nobody.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/http.h"
#include "asterisk/iostream.h"
#include "asterisk/json.h"
#include "asterisk/manager.h"
#include "asterisk/netsock2.h"
#include "asterisk/strings.h"
#include "asterisk/tcptls.h"
#include "asterisk/utils.h"

#include "internal.h"

#define ANSWER_MS 10000

/* Of the request; Asterisk itself takes no body above 40 kB and no header line above 4 kB. */
#define LONGEST_QUERY 2048
#define LONGEST_HEADER 1024
#define LONGEST_BODY 65536

/* Who may look at the system, or at its figures, may look; who may change the system and its
 * configuration, may change: as with UpdateConfig and ModuleLoad. */
#define LOOK (EVENT_FLAG_SYSTEM | EVENT_FLAG_REPORTING)

static int callback(struct ast_tcptls_session_instance *ser, const struct ast_http_uri *urih, const char *uri,
	enum ast_http_method method, struct ast_variable *get_params, struct ast_variable *headers);

static WITH_ROOM(struct ast_http_uri, self) page = {
	.self = {
		.description = "Salesforce interface",
		.uri = "salesforce",
		.callback = callback,
		.has_subtree = 1,
		.key = AST_MODULE,
	},
};

/* Guards these three. */
AST_MUTEX_DEFINE_STATIC(link_lock);
static int is_wanted;
/* Nobody may have the page until the module is ready for it, nor once its unload has begun. */
static int is_shut = 1;
static int is_linked;
/* Requests that are being handled. */
static int inside;

/* ---- the request ---- */

static const char *const wanted_headers[] = {
	"Accept-Language",
	"Authorization",
	"Content-Type",
	"Host",
	"If-None-Match",
	"Origin",
	"Sec-Fetch-Site",
	"X-Salesforce-Token",
};

/* Lines of "Name: value". */
static void add_headers(struct ast_str **text, struct ast_variable *headers)
{
	struct ast_variable *header;
	size_t i;

	for (header = headers; header; header = header->next) {
		for (i = 0; i < ARRAY_LEN(wanted_headers); i++) {
			if (!strcasecmp(header->name, wanted_headers[i])) {
				ast_str_append(text, 0, "%s: %.*s\n", wanted_headers[i], LONGEST_HEADER, header->value);
			}
		}
	}
}

/* Asterisk hands the parts out decoded. */
static void add_query(struct ast_str **text, struct ast_variable *params)
{
	struct ast_variable *param;
	char encoded[LONGEST_QUERY];

	for (param = params; param && ast_str_strlen(*text) < LONGEST_QUERY; param = param->next) {
		ast_uri_encode(param->name, encoded, sizeof(encoded), ast_uri_http);
		ast_str_append(text, 0, "%s%s=", param == params ? "" : "&", encoded);
		ast_uri_encode(param->value, encoded, sizeof(encoded), ast_uri_http);
		ast_str_append(text, 0, "%s", encoded);
	}
}

static const char *rights_of(uint32_t session)
{
	if (astman_verify_session_writepermissions(session, EVENT_FLAG_SYSTEM)
		&& astman_verify_session_writepermissions(session, EVENT_FLAG_CONFIG)) {
		return "change";
	}
	if (astman_verify_session_readpermissions(session, LOOK)
		|| astman_verify_session_writepermissions(session, LOOK)) {
		return "look";
	}
	return "";
}

/* NULL: there is none that is JSON, with errno for why. To be freed by ast_json_free(). */
static char *body_of(struct ast_tcptls_session_instance *ser, struct ast_variable *headers)
{
	struct ast_json *json = ast_http_get_json(ser, headers);
	char *text;

	if (!json) {
		return NULL;
	}
	text = ast_json_dump_string(json);
	ast_json_unref(json);
	return text;
}

/* ---- the answer ---- */

static const char *title_of(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 302:
		return "Found";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
	case 422:
		return "Unprocessable Content";
	default:
		return "Internal Server Error";
	}
}

/* The text: header lines, an empty line, the body. */
static void answer(struct ast_tcptls_session_instance *ser, enum ast_http_method method, int status, char *text)
{
	char *body = strstr(text, "\r\n\r\n");
	struct ast_str *headers;
	struct ast_str *out;

	if (!body) {
		ast_http_error(ser, 500, "Internal Server Error", "The answer is incomplete.");
		return;
	}
	body[2] = '\0';
	body += 4;
	headers = ast_str_create(strlen(text) + 1);
	out = ast_str_create(strlen(body) + 1);
	if (!headers || !out) {
		ast_free(headers);
		ast_free(out);
		ast_http_error(ser, 500, "Internal Server Error", "Out of memory.");
		return;
	}
	ast_str_set(&headers, 0, "%s", text);
	ast_str_set(&out, 0, "%s", body);
	/* "Static": whether it may be kept is in our own headers. */
	ast_http_send(ser, method, status, title_of(status), headers, out, 0, 1);
}

static void handle(struct ast_tcptls_session_instance *ser, const char *uri, enum ast_http_method method,
	struct ast_variable *get_params, struct ast_variable *headers)
{
	struct ansitel_draft draft = { .kind = ANSITEL_WEB, .at = now_us(), .longest = LONGEST_BODY };
	struct ast_str *query = ast_str_create(256);
	struct ast_str *lines = ast_str_create(512);
	uint32_t session = ast_http_manid_from_vars(headers);
	const char *rights = rights_of(session);
	char session_text[16];
	char *body = NULL;
	char *text = NULL;
	int is_too_large = 0;
	int status;

	if (!query || !lines) {
		ast_free(query);
		ast_free(lines);
		ast_http_request_close_on_completion(ser);
		ast_http_error(ser, 500, "Internal Server Error", "Out of memory.");
		return;
	}
	if (method == AST_HTTP_POST) {
		errno = 0;
		if (!strcmp(rights, "change")) {
			body = body_of(ser, headers);
			is_too_large = !body && errno == EFBIG;
		}
		if (!body) {
			/* Nobody shall wait for what is left of it. */
			ast_http_request_close_on_completion(ser);
		}
	}
	add_query(&query, get_params);
	add_headers(&lines, headers);
	snprintf(session_text, sizeof(session_text), "%08x", session);
	draft.texts[ANSITEL_WEB_METHOD] = ast_get_http_method(method);
	/* Without a slash behind the page's own name, relative links would lead elsewhere. */
	draft.texts[ANSITEL_WEB_PATH] = !*uri && uri[-1] != '/' ? "." : uri;
	draft.texts[ANSITEL_WEB_QUERY] = ast_str_buffer(query);
	draft.texts[ANSITEL_WEB_HEADERS] = ast_str_buffer(lines);
	draft.texts[ANSITEL_WEB_PEER] = ast_sockaddr_stringify_addr(&ser->remote_address);
	draft.texts[ANSITEL_WEB_SECURE] = ast_iostream_get_ssl(ser->stream) ? "yes" : "";
	draft.texts[ANSITEL_WEB_RIGHTS] = rights;
	draft.texts[ANSITEL_WEB_SESSION] = session_text;
	draft.texts[ANSITEL_WEB_BODY] = body ? body : "";
	draft.text_count = ANSITEL_WEB_BODY + 1;

	if (is_too_large) {
		ast_http_error(ser, 413, "Content Too Large", "The body is too large.");
	} else {
		status = mailbox_ask(&draft, ANSWER_MS, &text);
		if (status >= 200 && text) {
			answer(ser, method, status, text);
		} else {
			ast_http_error(ser, 503, "Service Unavailable", mailbox_excuse(status));
		}
	}
	if (body) {
		/* It may hold a password. */
		explicit_bzero(body, strlen(body));
		ast_json_free(body);
	}
	ast_free(text);
	ast_free(query);
	ast_free(lines);
}

static void refuse_method(struct ast_tcptls_session_instance *ser)
{
	struct ast_str *headers = ast_str_create(64);

	ast_http_request_close_on_completion(ser);
	if (headers) {
		ast_str_set(&headers, 0, "Allow: GET, HEAD, POST\r\nContent-Type: text/html\r\n");
	}
	ast_http_create_response(ser, 405, title_of(405), headers, "Only GET, HEAD and POST are allowed here.");
}

static int callback(struct ast_tcptls_session_instance *ser, const struct ast_http_uri *urih, const char *uri,
	enum ast_http_method method, struct ast_variable *get_params, struct ast_variable *headers)
{
	__atomic_add_fetch(&inside, 1, __ATOMIC_ACQ_REL);
	if (method == AST_HTTP_GET || method == AST_HTTP_HEAD || method == AST_HTTP_POST) {
		handle(ser, uri, method, get_params, headers);
	} else {
		refuse_method(ser);
	}
	__atomic_sub_fetch(&inside, 1, __ATOMIC_ACQ_REL);
	return 0;
}

/* ---- being there ---- */

/* With the lock held. */
static void link_as_wanted(void)
{
	int on = is_wanted && !is_shut;

	if (on && !is_linked) {
		is_linked = !ast_http_uri_link(&page.self);
		if (!is_linked) {
			ast_log(LOG_ERROR, "Asterisk's HTTP server has another page /salesforce already\n");
		}
	} else if (!on && is_linked) {
		ast_http_uri_unlink(&page.self);
		is_linked = 0;
	}
}

/* Also called late, by a request or a reload that outlasts the beginning of an unload. */
void ansitel_web(int on)
{
	ast_mutex_lock(&link_lock);
	is_wanted = on;
	link_as_wanted();
	ast_mutex_unlock(&link_lock);
}

static void set_shut(int shut)
{
	ast_mutex_lock(&link_lock);
	is_shut = shut;
	link_as_wanted();
	ast_mutex_unlock(&link_lock);
}

void http_register(void)
{
	set_shut(0);
}

void http_unregister(void)
{
	set_shut(1);
}

int http_inside(void)
{
	return __atomic_load_n(&inside, __ATOMIC_ACQUIRE);
}
