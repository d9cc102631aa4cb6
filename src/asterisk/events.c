/*
 * Stasis events: filtered, flattened, put into the mailbox.
 *
 * One subscription of its own on one topic, to which all channels' and all bridges' events
 * are forwarded, keeps their order (main/cel.c does the same). What does not concern a call's
 * course is dropped here, before anything is allocated.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "asterisk.h"

#include "asterisk/astobj2.h"
#include "asterisk/bridge.h"
#include "asterisk/callerid.h"
#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/lock.h"
#include "asterisk/logger.h"
#include "asterisk/pickup.h"
#include "asterisk/stasis.h"
#include "asterisk/stasis_bridges.h"
#include "asterisk/stasis_channels.h"
#include "asterisk/strings.h"
#include "asterisk/taskprocessor.h"
#include "asterisk/time.h"

#include "internal.h"

static struct stasis_topic *topic;
static struct stasis_forward *channels_forward;
static struct stasis_forward *bridges_forward;
static struct stasis_subscription *subscription;

/* Written by the one thread that delivers to us, read by reports. */
static uint64_t seen;
static uint64_t taken;
static int listening;

/* Nothing but a place in the queue of our subscription. */
static WITH_ROOM(struct stasis_message_vtable, self) mark_vtable;
static struct stasis_message_type *mark_type;

static int is_internal(const struct ast_channel_snapshot *snapshot)
{
	return snapshot->base->tech_properties & AST_CHAN_TP_INTERNAL;
}

static void flatten(struct ansitel_channel *flat, const struct ast_channel_snapshot *snapshot)
{
	flat->uniqueid = snapshot->base->uniqueid;
	flat->name = snapshot->base->name;
	flat->linkedid = snapshot->peer->linkedid;
	flat->caller_number = snapshot->caller->number;
	flat->caller_name = snapshot->caller->name;
	flat->dnid = snapshot->caller->dnid;
	flat->presentation = snapshot->caller->pres;
	flat->context = snapshot->dialplan->context;
	flat->exten = snapshot->dialplan->exten;
	flat->application = snapshot->dialplan->appl;
	flat->data = snapshot->dialplan->data;
	flat->bridge = snapshot->bridge->id;
	flat->state = snapshot->state;
	flat->cause = snapshot->hangup->cause;
	flat->outgoing = ast_test_flag(&snapshot->flags, AST_FLAG_OUTGOING) ? 1 : 0;
}

static void put(struct ansitel_draft *draft, struct stasis_message *message)
{
	const struct timeval *at = stasis_message_timestamp(message);

	draft->at = (int64_t) at->tv_sec * 1000000 + at->tv_usec;
	if (!mailbox_put(draft)) {
		__atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
	}
}

/* Applications whose data says whom a call is for or why it ends, and those that are a destination
 * of their own; FollowMe asks who picks up whether to take the call. */
static const char *const telling[] = {
	"Dial", "RetryDial", "Queue", "FollowMe",
	"VoiceMail", "VoiceMailMain", "MinivmRecord",
	"Busy", "Congestion", "Hangup",
	"BackGround", "WaitExten", "Read", "ReadExten", "Directory",
	"ConfBridge", "MeetMe", "Page", "SLATrunk", "AgentRequest", "Park",
};

static int is_telling(const char *application)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(telling); i++) {
		if (!strcasecmp(application, telling[i])) {
			return 1;
		}
	}
	return 0;
}

/* Segments of a snapshot are shared with its predecessor while they stay the same
 * (asterisk/channel.h, AST_CHANNEL_SNAPSHOT_INVALIDATE_*), so most steps cost some compares
 * of pointers. */
static int dialplan_matters(const struct ast_channel_snapshot_dialplan *old,
	const struct ast_channel_snapshot_dialplan *new)
{
	if (old == new) {
		return 0;
	}
	if (strcmp(old->exten, new->exten) || strcmp(old->context, new->context)) {
		return 1;
	}
	return (strcmp(old->appl, new->appl) || strcmp(old->data, new->data)) && is_telling(new->appl);
}

static int caller_matters(const struct ast_channel_snapshot_caller *old,
	const struct ast_channel_snapshot_caller *new)
{
	return old != new && (old->pres != new->pres || strcmp(old->number, new->number)
		|| strcmp(old->name, new->name) || strcmp(old->dnid, new->dnid));
}

static int update_matters(const struct ast_channel_snapshot *old, const struct ast_channel_snapshot *new)
{
	return old->state != new->state
		|| ast_test_flag(&old->flags, AST_FLAG_OUTGOING) != ast_test_flag(&new->flags, AST_FLAG_OUTGOING)
		|| (old->peer != new->peer && strcmp(old->peer->linkedid, new->peer->linkedid))
		|| (old->base != new->base && strcmp(old->base->name, new->base->name))
		|| dialplan_matters(old->dialplan, new->dialplan)
		|| caller_matters(old->caller, new->caller);
}

static void on_snapshot(struct stasis_message *message)
{
	struct ast_channel_snapshot_update *update = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = ANSITEL_CHANNEL };

	if (is_internal(update->new_snapshot)) {
		return;
	}
	if (ast_test_flag(&update->new_snapshot->flags, AST_FLAG_DEAD)) {
		draft.kind = ANSITEL_GONE;
	} else if (update->old_snapshot && !update_matters(update->old_snapshot, update->new_snapshot)) {
		return;
	}
	flatten(&draft.channels[0], update->new_snapshot);
	put(&draft, message);
}

static void on_hangup_request(struct stasis_message *message)
{
	struct ast_channel_blob *blob = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = ANSITEL_HANGUP_REQUEST };

	if (!blob->snapshot || is_internal(blob->snapshot)) {
		return;
	}
	flatten(&draft.channels[0], blob->snapshot);
	put(&draft, message);
}

/* Fills a channel of the draft from a role of the blob; 0 if it has none (or an internal one). */
static int take_role(struct ansitel_channel *flat, struct ast_multi_channel_blob *blob, const char *role)
{
	struct ast_channel_snapshot *snapshot = ast_multi_channel_blob_get_channel(blob, role);

	if (!snapshot || is_internal(snapshot)) {
		return 0;
	}
	flatten(flat, snapshot);
	return 1;
}

static const char *json_text(struct ast_json *json, const char *key)
{
	return S_OR(ast_json_string_get(ast_json_object_get(json, key)), "");
}

static void on_dial(struct stasis_message *message)
{
	struct ast_multi_channel_blob *blob = stasis_message_data(message);
	struct ast_json *json = ast_multi_channel_blob_get_json(blob);
	struct ansitel_draft draft = { .kind = ANSITEL_DIAL, .text_count = 3 };

	if (!take_role(&draft.channels[1], blob, "peer")) {
		return;
	}
	take_role(&draft.channels[0], blob, "caller");
	take_role(&draft.channels[2], blob, "forwarded");
	draft.texts[0] = json_text(json, "dialstatus");
	draft.texts[1] = json_text(json, "forward");
	draft.texts[2] = json_text(json, "dialstring");
	put(&draft, message);
}

static void name_bridge(struct ansitel_draft *draft, const struct ast_bridge_snapshot *bridge)
{
	draft->text_count = 5;
	draft->texts[ANSITEL_BRIDGE_ID] = bridge->uniqueid;
	draft->texts[ANSITEL_BRIDGE_TECHNOLOGY] = bridge->technology;
	draft->texts[ANSITEL_BRIDGE_CLASS] = bridge->subclass;
	draft->texts[ANSITEL_BRIDGE_CREATOR] = bridge->creator;
	draft->texts[ANSITEL_BRIDGE_NAME] = bridge->name;
}

static void on_bridge(struct stasis_message *message, enum ansitel_kind kind)
{
	struct ast_bridge_blob *blob = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = kind };

	if (!blob->channel || !blob->bridge || is_internal(blob->channel)) {
		return;
	}
	flatten(&draft.channels[0], blob->channel);
	name_bridge(&draft, blob->bridge);
	put(&draft, message);
}

static void on_pickup(struct stasis_message *message)
{
	struct ast_multi_channel_blob *blob = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = ANSITEL_PICKUP };

	if (take_role(&draft.channels[0], blob, "channel") && take_role(&draft.channels[1], blob, "target")) {
		put(&draft, message);
	}
}

static void on_blind_transfer(struct stasis_message *message)
{
	struct ast_blind_transfer_message *transfer = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = ANSITEL_BLIND_TRANSFER, .text_count = 2 };

	if (transfer->result != AST_BRIDGE_TRANSFER_SUCCESS || !transfer->transferer) {
		return;
	}
	flatten(&draft.channels[0], transfer->transferer);
	if (transfer->transferee) {
		flatten(&draft.channels[1], transfer->transferee);
	}
	draft.texts[0] = transfer->context;
	draft.texts[1] = transfer->exten;
	put(&draft, message);
}

static void on_attended_transfer(struct stasis_message *message)
{
	struct ast_attended_transfer_message *transfer = stasis_message_data(message);
	struct ansitel_draft draft = { .kind = ANSITEL_ATTENDED_TRANSFER };

	if (transfer->result != AST_BRIDGE_TRANSFER_SUCCESS
		|| !transfer->to_transferee.channel_snapshot || !transfer->to_transfer_target.channel_snapshot) {
		return;
	}
	flatten(&draft.channels[0], transfer->to_transferee.channel_snapshot);
	flatten(&draft.channels[1], transfer->to_transfer_target.channel_snapshot);
	if (transfer->transferee) {
		flatten(&draft.channels[2], transfer->transferee);
	}
	if (transfer->target) {
		flatten(&draft.channels[3], transfer->target);
	}
	put(&draft, message);
}

static void on_message(void *data, struct stasis_subscription *sub, struct stasis_message *message)
{
	struct stasis_message_type *type = stasis_message_type(message);

	__atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
	if (!__atomic_load_n(&listening, __ATOMIC_ACQUIRE)) {
		return;
	}
	if (type == ast_channel_snapshot_type()) {
		on_snapshot(message);
	} else if (type == ast_channel_dial_type()) {
		on_dial(message);
	} else if (type == ast_channel_entered_bridge_type()) {
		on_bridge(message, ANSITEL_ENTER);
	} else if (type == ast_channel_left_bridge_type()) {
		on_bridge(message, ANSITEL_LEAVE);
	} else if (type == ast_channel_hangup_request_type()) {
		on_hangup_request(message);
	} else if (type == ast_call_pickup_type()) {
		on_pickup(message);
	} else if (type == ast_blind_transfer_type()) {
		on_blind_transfer(message);
	} else if (type == ast_attended_transfer_type()) {
		on_attended_transfer(message);
	}
}

/* ---- channels that are there already ---- */

/* A channel that is in a bridge is told as entering it: that says of what kind the bridge is. */
static void put_one(const struct ast_channel_snapshot *snapshot)
{
	struct ansitel_draft draft = { .kind = ANSITEL_CHANNEL, .at = now_us() };
	struct ast_bridge_snapshot *bridge = NULL;

	flatten(&draft.channels[0], snapshot);
	if (!ast_strlen_zero(snapshot->bridge->id)) {
		bridge = ast_bridge_get_snapshot_by_uniqueid(snapshot->bridge->id);
	}
	if (bridge) {
		draft.kind = ANSITEL_ENTER;
		name_bridge(&draft, bridge);
	}
	mailbox_put(&draft);
	ao2_cleanup(bridge);
}

static void put_existing(void)
{
	struct ao2_container *snapshots = ast_channel_cache_all();
	struct ao2_iterator iterator;
	struct ast_channel_snapshot *snapshot;

	if (!snapshots) {
		return;
	}
	iterator = ao2_iterator_init(snapshots, 0);
	for (; (snapshot = ao2_iterator_next(&iterator)); ao2_ref(snapshot, -1)) {
		if (!is_internal(snapshot)) {
			put_one(snapshot);
		}
	}
	ao2_iterator_destroy(&iterator);
	ao2_ref(snapshots, -1);
}

/* Waits until what was published up to now has been delivered to us, which is a matter of
 * microseconds for each. */
static void await_queued(void)
{
	void *nothing = ao2_alloc_options(1, NULL, AO2_ALLOC_OPT_LOCK_NOLOCK);
	struct stasis_message *mark = nothing ? stasis_message_create(mark_type, nothing) : NULL;

	if (mark && subscription) {
		stasis_publish_sync(subscription, mark);
	}
	ao2_cleanup(mark);
	ao2_cleanup(nothing);
}

void ansitel_events(int on)
{
	if (on && !__atomic_load_n(&listening, __ATOMIC_ACQUIRE)) {
		/* On a busy machine a call that is over may still be in the queue: nobody was to record
		 * that one. */
		await_queued();
		/* First the new events, then the old channels: a channel may come twice, none is missed.
		 * A channel's end is published after it has left Asterisk's list, so with the mailbox
		 * held no channel of the list can come after its own end. */
		mailbox_hold();
		__atomic_store_n(&listening, 1, __ATOMIC_RELEASE);
		put_existing();
		mailbox_release();
	} else if (!on && __atomic_load_n(&listening, __ATOMIC_ACQUIRE)) {
		/* What happened before counts. */
		await_queued();
		__atomic_store_n(&listening, 0, __ATOMIC_RELEASE);
	}
}

void ansitel_events_again(void)
{
	mailbox_hold();
	put_existing();
	mailbox_release();
}

void ansitel_counters(struct ansitel_counters *counters)
{
	counters->seen = __atomic_load_n(&seen, __ATOMIC_RELAXED);
	counters->taken = __atomic_load_n(&taken, __ATOMIC_RELAXED);
	mailbox_counters(counters);
}

/* ---- subscription ---- */

/* A type that stasis.conf declines is NULL, and accepting NULL would switch filtering off. */
static int accept_type(struct stasis_message_type *type, const char *name, int needed)
{
	if (type) {
		stasis_subscription_accept_message_type(subscription, type);
		return 0;
	}
	if (needed) {
		ast_log(LOG_ERROR, "stasis.conf declines the message type %s, without which calls cannot be followed\n", name);
		return -1;
	}
	ast_log(LOG_WARNING, "stasis.conf declines the message type %s: calls are followed less exactly\n", name);
	return 0;
}

int events_subscribe(void)
{
	int failed = 0;

	seen = taken = 0;
	listening = 0;
	topic = stasis_topic_create("ansitel:salesforce");
	if (!topic || stasis_message_type_create("ansitel_mark_type", &mark_vtable.self, &mark_type)
		== STASIS_MESSAGE_TYPE_ERROR) {
		events_unsubscribe();
		return -1;
	}
	channels_forward = stasis_forward_all(ast_channel_topic_all(), topic);
	bridges_forward = stasis_forward_all(ast_bridge_topic_all(), topic);
	subscription = stasis_subscribe(topic, on_message, NULL);
	if (!channels_forward || !bridges_forward || !subscription) {
		events_unsubscribe();
		return -1;
	}
	/* The limit above which chan_pjsip stops taking calls is ours to keep away from. */
	stasis_subscription_set_congestion_limits(subscription, -1, 6 * AST_TASKPROCESSOR_HIGH_WATER_LEVEL);
	failed |= accept_type(stasis_subscription_change_type(), "stasis_subscription_change_type", 1);
	failed |= accept_type(mark_type, "ansitel_mark_type", 1);
	failed |= accept_type(ast_channel_snapshot_type(), "ast_channel_snapshot_type", 1);
	failed |= accept_type(ast_channel_dial_type(), "ast_channel_dial_type", 1);
	failed |= accept_type(ast_channel_entered_bridge_type(), "ast_channel_entered_bridge_type", 1);
	failed |= accept_type(ast_channel_left_bridge_type(), "ast_channel_left_bridge_type", 1);
	failed |= accept_type(ast_channel_hangup_request_type(), "ast_channel_hangup_request_type", 0);
	failed |= accept_type(ast_call_pickup_type(), "ast_call_pickup_type", 0);
	failed |= accept_type(ast_blind_transfer_type(), "ast_blind_transfer_type", 0);
	failed |= accept_type(ast_attended_transfer_type(), "ast_attended_transfer_type", 0);
	if (failed) {
		events_unsubscribe();
		return -1;
	}
	stasis_subscription_set_filter(subscription, STASIS_SUBSCRIPTION_FILTER_SELECTIVE);
	return 0;
}

void events_unsubscribe(void)
{
	channels_forward = stasis_forward_cancel(channels_forward);
	bridges_forward = stasis_forward_cancel(bridges_forward);
	if (subscription) {
		subscription = stasis_unsubscribe_and_join(subscription);
	}
	ao2_cleanup(topic);
	topic = NULL;
	ao2_cleanup(mark_type);
	mark_type = NULL;
}
