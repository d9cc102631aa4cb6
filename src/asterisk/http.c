/*
 * The web page under /salesforce of Asterisk's HTTP server: what a request holds is copied into
 * one message, the answer is sent as it comes.
 *
 * A request with a body is asked about before the body is read: what is not wanted is answered at
 * once, and what is wanted may have so many bytes and take so long, so that a stranger's slow body
 * holds nobody. Bodies hold passwords: they are read here and not by Asterisk, into one buffer
 * that is wiped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/http.h"
#include "asterisk/iostream.h"
#include "asterisk/netsock2.h"
#include "asterisk/strings.h"
#include "asterisk/tcptls.h"
#include "asterisk/utils.h"

#include "internal.h"

#define ANSWER_MS 10000

/* Of the request; Asterisk itself takes no header line above 4 kB. */
#define LONGEST_QUERY 2048
#define LONGEST_HEADER 1024
#define LONGEST_COOKIE 128
#define LONGEST_BODY 65536

/* A line that begins a chunk: its size. */
#define LONGEST_CHUNK_LINE 16

/* The answer to a question about a request whose body has not been read: read it. */
#define GO_ON 100

/* As long as Asterisk waits for a client, unless told otherwise. */
#define INACTIVITY_MS 30000

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
	"X-Salesforce-Idle",
	"X-Salesforce-Token",
};

/* The page's own cookies; those of others are none of its business. */
static const char *const cookies[] = {
	"salesforce_session=",
	"__Secure-salesforce_session=",
};

/* By hand: Asterisk's own reader would show them in its debug log. */
static void add_cookies(struct ast_str **text, const char *line)
{
	while (*line) {
		size_t length = strcspn(line, ";");
		size_t i;

		for (i = 0; i < ARRAY_LEN(cookies); i++) {
			if (length <= LONGEST_COOKIE && ast_begins_with(line, cookies[i])) {
				ast_str_append(text, 0, "Cookie: %.*s\n", (int) length, line);
			}
		}
		line += length;
		line += strspn(line, "; \t");
	}
}

/* Lines of "Name: value". */
static void add_headers(struct ast_str **text, struct ast_variable *headers)
{
	struct ast_variable *header;
	size_t i;

	for (header = headers; header; header = header->next) {
		if (!strcasecmp(header->name, "Cookie")) {
			add_cookies(text, header->value);
		}
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

/* ---- its body ---- */

/* A request's body; text is NULL: there is none, or it was not as announced. */
struct body {
	char *text;
	size_t length;
	size_t room;
	int is_too_large;
};

static void body_free(struct body *body)
{
	if (body->text) {
		explicit_bzero(body->text, body->room + 1);
		ast_free(body->text);
		body->text = NULL;
	}
}

/* The first one counts, as with Asterisk. */
static const char *header_of(struct ast_variable *headers, const char *name)
{
	for (; headers; headers = headers->next) {
		if (!strcasecmp(headers->name, name)) {
			return headers->value;
		}
	}
	return NULL;
}

static int read_all(struct ast_iostream *stream, char *to, size_t length)
{
	while (length) {
		ssize_t count = ast_iostream_read(stream, to, length);

		if (count <= 0) {
			return -1;
		}
		to += count;
		length -= count;
	}
	return 0;
}

/* So many bytes more, as far as there is room for them. */
static int read_part(struct ast_iostream *stream, struct body *body, size_t length)
{
	if (length > body->room - body->length) {
		body->is_too_large = 1;
		return -1;
	}
	if (read_all(stream, body->text + body->length, length)) {
		return -1;
	}
	body->length += length;
	return 0;
}

/* Up to its line break, which is not part of it. */
static int read_line(struct ast_iostream *stream, char *line, size_t size)
{
	ssize_t length = ast_iostream_gets(stream, line, size);

	if (length < 2 || strcmp(line + length - 2, "\r\n")) {
		return -1;
	}
	line[length - 2] = '\0';
	return 0;
}

static int read_chunks(struct ast_iostream *stream, struct body *body)
{
	for (;;) {
		char line[LONGEST_CHUNK_LINE];
		size_t length;

		if (read_line(stream, line, sizeof(line)) || !*line || line[strspn(line, "0123456789abcdefABCDEF")]) {
			return -1;
		}
		length = strtoul(line, NULL, 16);
		if (length && read_part(stream, body, length)) {
			return -1;
		}
		/* Behind the last one, there could be more headers, which nobody sends. */
		if (read_line(stream, line, sizeof(line)) || *line) {
			return -1;
		}
		if (!length) {
			return 0;
		}
	}
}

static int read_announced(struct ast_iostream *stream, struct body *body, const char *announced)
{
	size_t digits = announced ? strspn(announced, "0123456789") : 0;

	/* Asterisk has read the number; more than fits is none. */
	if (!digits || announced[digits]) {
		return -1;
	}
	return read_part(stream, body, digits > 9 ? SIZE_MAX : strtoul(announced, NULL, 10));
}

/* Asterisk would ask for each part anew how long to wait: this is how long all of it may take. */
static void read_body(struct ast_tcptls_session_instance *ser, struct ast_variable *headers, struct body *body,
	size_t room, int milliseconds)
{
	const char *encoding = header_of(headers, "Transfer-Encoding");
	int failed;

	body->text = ast_malloc(room + 1);
	if (!body->text) {
		return;
	}
	body->room = room;
	ast_iostream_set_timeout_sequence(ser->stream, ast_tvnow(), milliseconds);
	if (encoding && !strcasecmp(encoding, "chunked")) {
		failed = read_chunks(ser->stream, body);
	} else {
		failed = read_announced(ser->stream, body, header_of(headers, "Content-Length"));
	}
	ast_iostream_set_timeout_inactivity(ser->stream, INACTIVITY_MS);
	ast_http_body_read_status(ser, !failed);
	/* A text ends at its first zero. */
	if (failed || memchr(body->text, '\0', body->length)) {
		body_free(body);
		return;
	}
	body->text[body->length] = '\0';
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
	case 408:
		return "Request Timeout";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
	case 422:
		return "Unprocessable Content";
	case 429:
		return "Too Many Requests";
	case 503:
		return "Service Unavailable";
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

/* Where browsers find the page. */
static const char *root_of(char *root, size_t size)
{
	ast_http_prefix(root, size);
	snprintf(root + strlen(root), size - strlen(root), "/%s/", page.self.uri);
	return root;
}

/* Reads the body if it is wanted, and asks again with it; a status for the final answer. */
static int go_on(struct ast_tcptls_session_instance *ser, struct ast_variable *headers, struct ansitel_draft *draft,
	char **text)
{
	struct body body = { NULL };
	const char *limits = strstr(*text, "\r\n\r\n");
	unsigned int room;
	unsigned int milliseconds;
	int status;

	if (!limits || sscanf(limits, "%u %u", &room, &milliseconds) != 2 || room > LONGEST_BODY) {
		ast_http_request_close_on_completion(ser);
		return -1;
	}
	ast_free(*text);
	*text = NULL;
	read_body(ser, headers, &body, room, milliseconds);
	if (!body.text) {
		/* Nobody shall wait for what is left of it. */
		ast_http_request_close_on_completion(ser);
	}
	if (body.is_too_large) {
		return 413;
	}
	draft->texts[ANSITEL_WEB_STAGE] = "whole";
	draft->texts[ANSITEL_WEB_BODY] = S_OR(body.text, "");
	status = mailbox_ask(draft, ANSWER_MS, text);
	draft->texts[ANSITEL_WEB_BODY] = "";
	body_free(&body);
	return status;
}

static void handle(struct ast_tcptls_session_instance *ser, const char *uri, enum ast_http_method method,
	struct ast_variable *get_params, struct ast_variable *headers)
{
	struct ansitel_draft draft = { .kind = ANSITEL_WEB, .at = now_us(), .longest = LONGEST_BODY };
	struct ast_str *query = ast_str_create(256);
	struct ast_str *lines = ast_str_create(512);
	/* Asterisk's prefix has no more than 80 characters. */
	char root[128];
	char *text = NULL;
	int status;

	if (!query || !lines) {
		ast_free(query);
		ast_free(lines);
		ast_http_request_close_on_completion(ser);
		ast_http_error(ser, 500, "Internal Server Error", "Out of memory.");
		return;
	}
	add_query(&query, get_params);
	add_headers(&lines, headers);
	draft.texts[ANSITEL_WEB_METHOD] = ast_get_http_method(method);
	/* Without a slash behind the page's own name, relative links would lead elsewhere. */
	draft.texts[ANSITEL_WEB_PATH] = !*uri && uri[-1] != '/' ? "." : uri;
	draft.texts[ANSITEL_WEB_QUERY] = ast_str_buffer(query);
	draft.texts[ANSITEL_WEB_HEADERS] = ast_str_buffer(lines);
	draft.texts[ANSITEL_WEB_PEER] = ast_sockaddr_stringify_addr(&ser->remote_address);
	draft.texts[ANSITEL_WEB_SECURE] = ast_iostream_get_ssl(ser->stream) ? "yes" : "";
	draft.texts[ANSITEL_WEB_ROOT] = root_of(root, sizeof(root));
	draft.texts[ANSITEL_WEB_STAGE] = method == AST_HTTP_POST ? "head" : "whole";
	draft.texts[ANSITEL_WEB_BODY] = "";
	draft.text_count = ANSITEL_WEB_BODY + 1;

	status = mailbox_ask(&draft, ANSWER_MS, &text);
	if (status == GO_ON && text) {
		status = go_on(ser, headers, &draft, &text);
	} else if (method == AST_HTTP_POST) {
		ast_http_request_close_on_completion(ser);
	}
	if (status == 413 && !text) {
		ast_http_error(ser, 413, title_of(413), "The body is too large.");
	} else if (status >= 200 && text) {
		answer(ser, method, status, text);
	} else {
		ast_http_error(ser, 503, title_of(503), mailbox_excuse(status));
	}
	if (text) {
		/* It may hold a session's cookie, as the headers do. */
		explicit_bzero(text, strlen(text));
		ast_free(text);
	}
	explicit_bzero(ast_str_buffer(lines), ast_str_strlen(lines));
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
