//! A dialplan in the shape of those that FreePBX generates: subroutines, includes, Local channels.
//!
//! It has the numbers of [`Dialplan`], and these:
//!
//! | number | what it does |
//! |---|---|
//! | `+49305551XX` | an inbound route: saves and allows the presentation, puts `PREFIX` before the name, goes to `1XX` |
//! | `+49305552XX`, `+49305556XX` | the same, to that group, queue or menu |
//! | `1XX` | rings the phone's contacts in a subroutine, as the database says (below) |
//! | `200` | ring group of 100 and 101, all at once |
//! | `201`, `202` | queues of `Local/1XX@from-queue` |
//! | `203` | ring group that hunts: 100, then 101 |
//! | `204` | ring group of 100 and an outside number, both asked whether they take the call |
//! | `205` | queue with an announcement to the agent |
//! | `600` | a menu: 1 is the queue 201, 2 the ring group 200, three digits an extension |
//! | `**1XX` | picks up what rings at 1XX, also by a group or by follow-me |
//! | `0…` | a trunk that shows `OUT_CID` on the caller's own channel |
//!
//! | key in the database | what it does for `1XX` |
//! |---|---|
//! | `CF/1XX`, `CFB/1XX`, `CFU/1XX` | forwards to this number: always, when busy, when unanswered |
//! | `CFGOTO/1XX` | how: empty through a Local channel, else the caller goes there |
//! | `DND/1XX` | `YES`: do not disturb |
//! | `FM/1XX` | follow-me: rings the extension and these numbers, `&` between them |
//! | `FMCONFIRM/1XX` | `YES`: whoever picks up a number of these is asked first |
//! | `VM/1XX` | what the caller gets in the end: `box`, `record`, `external` |

use std::ops::RangeInclusive;

/// What generators of such dialplans write for every phone.
pub(super) fn extensions(phones: RangeInclusive<u16>) -> String {
    let mut text = String::from("[ext-local]\n");
    for phone in phones {
        text += &format!(
            "\
exten => {phone},hint,PJSIP/{phone}&Custom:DND{phone},CustomPresence:{phone}
exten => {phone},1,Set(__RING_FOR=${{RING}})
 same => n,Gosub(reach-extension,s,1({phone}))
 same => n,Set(__PICKUPMARK=)
 same => n,Gosub(leave-message,s,1({phone},${{DIALSTATUS}}))
 same => n,Goto(end-of-message,1)
exten => vmb{phone},1,Gosub(leave-message,s,1({phone},BUSY))
 same => n,Goto(end-of-message,1)
exten => vmu{phone},1,Gosub(leave-message,s,1({phone},NOANSWER))
 same => n,Goto(end-of-message,1)
"
        );
    }
    text + "exten => end-of-message,1,Hangup()\nexten => h,1,Gosub(hang-up,s,1)\n\n"
}

/// Everything else. The contexts `numbers` and `internal` are where tests add to.
pub(super) const CONTEXTS: &str = "\
[from-trunk]
include => numbers
include => from-pstn

[from-pstn]
include => ext-did
include => from-did-direct
include => ext-group
include => ext-queues
include => parkedcalls

[ext-did]
exten => _+4930555XXX,1,Set(__FROM_DID=${EXTEN})
 same => n,Gosub(record-check,s,1(in,${EXTEN}))
 same => n,Set(__SAVED_NAME_PRES=${CALLERID(name-pres)})
 same => n,Set(__SAVED_NUM_PRES=${CALLERID(num-pres)})
 same => n,Set(CALLERID(name-pres)=allowed_not_screened)
 same => n,Set(CALLERID(num-pres)=allowed_not_screened)
 same => n,ExecIf($[\"${PREFIX}\" != \"\"]?Set(CALLERID(name)=${PREFIX}${CALLERID(name)}))
 same => n,Set(TO=${EXTEN:-3})
 same => n,GotoIf(${DIALPLAN_EXISTS(ext-group,${TO},1)}?ext-group,${TO},1)
 same => n,GotoIf(${DIALPLAN_EXISTS(ext-queues,${TO},1)}?ext-queues,${TO},1)
 same => n,GotoIf($[\"${TO}\" = \"600\"]?menu,s,1)
 same => n,Goto(from-did-direct,${TO},1)
exten => h,1,Gosub(hang-up,s,1)

[from-did-direct]
include => ext-follow-me
include => ext-local

[from-internal]
include => from-internal-noxfer
include => from-internal-xfer
exten => h,1,Gosub(hang-up,s,1)

[from-internal-noxfer]
include => parkedcalls

[from-internal-xfer]
include => from-internal-custom
include => from-internal-additional
exten => h,1,Gosub(hang-up,s,1)

[from-internal-custom]
include => internal

[from-internal-additional]
include => ext-follow-me
include => ext-local
include => ext-group
include => ext-queues
include => app-pickup
include => outbound-allroutes

[internal]
include => numbers
include => from-internal-additional
include => parkedcalls

[numbers]
exten => 300,1,Answer()
 same => n,Playback(hello-world)
 same => n,Hangup()
exten => _301XX,1,Answer()
 same => n,Playback(hello-world)
 same => n,Goto(from-did-direct,${EXTEN:2},1)
exten => _41XX,1,Dial(Local/${EXTEN:1}@internal,${RING},${DIALOPTS})
 same => n,Hangup()
exten => _42XX,1,Dial(Local/1${EXTEN:2}@internal/n,${RING},${DIALOPTS})
 same => n,Hangup()
exten => _51XX,1,Set(BOX=${EXTEN:1})
 same => n,Goto(from-did-direct,${BOX},1)
exten => 600,1,Goto(menu,s,1)

[menu]
exten => s,1,Answer()
 same => n,Set(__MENU=${CONTEXT})
 same => n,Set(TIMEOUT(digit)=1)
 same => n(again),Background(hello-world)
 same => n,WaitExten(20)
exten => 1,1,Goto(ext-queues,201,1)
exten => 2,1,Goto(ext-group,200,1)
exten => _1XX,1,Set(__NODEST=)
 same => n,Goto(from-did-direct,${EXTEN},1)
exten => i,1,Goto(s,again)
exten => t,1,Hangup()
exten => h,1,Gosub(hang-up,s,1)

[record-check]
exten => s,1,Set(__REC_FOR=${ARG1})
 same => n,Gosub(${ARG1},1(${ARG2}))
 same => n,Return()
exten => _[a-z].,1,Set(__REC_OF=${ARG1})
 same => n,Return()

[who-calls]
exten => s,1,Set(AS_USER=${DB(DEVICE/${CHANNEL(endpoint)}/user)})
 same => n,ExecIf($[\"${REAL_NUM}\" = \"\"]?Set(__REAL_NUM=${CALLERID(num)}))
 same => n,Return()

[reach-extension]
exten => s,1,Gosub(who-calls,s,1)
 same => n,Set(__EXT_CALLED=${ARG1})
 same => n,Set(__PICKUPMARK=${ARG1})
 same => n,Gosub(record-check,s,1(exten,${ARG1}))
 same => n,Gosub(dial-one,s,1(${ARG1}))
 same => n,GotoIf($[\"${DIALSTATUS}\" = \"BUSY\" & \"${DB(CFB/${EXT_CALLED})}\" != \"\"]?onwards,1)
 same => n,Set(UNANSWERED=$[\"${DIALSTATUS}\" = \"NOANSWER\" | \"${DIALSTATUS}\" = \"CHANUNAVAIL\"])
 same => n,GotoIf($[${UNANSWERED} & \"${DB(CFU/${EXT_CALLED})}\" != \"\"]?onwards,1)
 same => n,Return()
exten => onwards,1,Set(FORWARD=${IF($[\"${DIALSTATUS}\" = \"BUSY\"]?${DB(CFB/${EXT_CALLED})}:${DB(CFU/${EXT_CALLED})})})
 same => n,Gosub(dial-one,s,1(${FORWARD}#))
 same => n,Return()

[dial-one]
exten => s,1,Set(TARGET=${ARG1})
 same => n,Set(DIALSTATUS=)
 same => n,Set(GO_THERE=)
 same => n,Set(STRING=)
 same => n,GosubIf($[\"${DB(CF/${TARGET})}\" != \"\"]?forward,1)
 same => n,GotoIf($[\"${TARGET:-1}\" = \"#\" | \"${DB(DND/${TARGET})}\" != \"YES\"]?wanted)
 same => n,Set(TARGET=)
 same => n,Set(DIALSTATUS=BUSY)
 same => n(wanted),GotoIf($[\"${TARGET}\" = \"\"]?nothing)
 same => n,GosubIf($[\"${TARGET:-1}\" = \"#\"]?outside,1:contacts,1)
 same => n,GotoIf($[\"${STRING}\" = \"\"]?nothing)
 same => n,GotoIf($[\"${GO_THERE}\" != \"\"]?from-internal,${GO_THERE},1)
 same => n,Set(__TRANSFER_CONTEXT=from-internal-xfer)
 same => n,Set(CONNECTEDLINE(num,i)=${EXT_CALLED})
 same => n,Dial(${STRING},${RING_FOR},${DIALOPTS}b(on-each-leg^s^1))
 same => n,Return()
 same => n(nothing),ExecIf($[\"${DIALSTATUS}\" = \"\"]?Set(DIALSTATUS=NOANSWER))
 same => n,Return()
exten => forward,1,Set(TARGET=${DB(CF/${TARGET})}#)
 same => n,Return()
exten => contacts,1,Set(STRING=${PJSIP_DIAL_CONTACTS(${TARGET})})
 same => n,ExecIf($[\"${STRING}\" = \"\"]?Set(DIALSTATUS=CHANUNAVAIL))
 same => n,Return()
exten => outside,1,Set(STRING=Local/${TARGET:0:-1}@from-internal/n)
 same => n,Set(GO_THERE=${IF($[\"${DB(CFGOTO/${EXT_CALLED})}\" = \"\"]?:${TARGET:0:-1})})
 same => n,Return()
exten => h,1,Gosub(hang-up,s,1)

[on-each-leg]
exten => s,1,Set(__ON_LEG=${CHANNEL})
 same => n,Return()

[leave-message]
exten => s,1,GotoIf($[\"${NODEST}\" != \"\"]?group,1)
 same => n,Set(KIND=${IF($[\"${BOX}\" = \"\"]?${DB(VM/${ARG1})}:box)})
 same => n,GotoIf($[\"${KIND}\" = \"\"]?s-${ARG2},1)
 same => n,Goto(${KIND},1)
exten => box,1,VoiceMail(${ARG1}@default,s)
 same => n,Return()
exten => record,1,Answer()
 same => n,Playback(beep)
 same => n,Record(message-${UNIQUEID}.wav,0,60)
 same => n,Return()
exten => external,1,Dial(PJSIP/messages,20)
 same => n,Return()
exten => group,1,Return()
exten => s-BUSY,1,Playtones(busy)
 same => n,Busy(${TONE})
 same => n,Return()
exten => _s-.,1,Playtones(congestion)
 same => n,Congestion(${TONE})
 same => n,Return()
exten => h,1,Gosub(hang-up,s,1)

[ext-group]
exten => 200,1,Set(__NODEST=${EXTEN})
 same => n,Set(MEMBERS=Local/100@from-internal/n&Local/101@from-internal/n)
 same => n,Gosub(ring-all,s,1(${MEMBERS}))
 same => n,Set(__NODEST=)
 same => n,Hangup()
exten => 203,1,Set(__NODEST=${EXTEN})
 same => n,Gosub(ring-hunt,s,1(100-101))
 same => n,Set(__NODEST=)
 same => n,Hangup()
exten => 204,1,Set(__NODEST=${EXTEN})
 same => n,Set(MEMBERS=Local/100@from-internal/n&Local/00301112233@from-internal/n)
 same => n,Gosub(ring-all,s,1(${MEMBERS},U(confirm)))
 same => n,Set(__NODEST=)
 same => n,Hangup()
exten => h,1,Gosub(hang-up,s,1)

[ring-all]
exten => s,1,Gosub(who-calls,s,1)
 same => n,Set(CALLERID(name)=${GROUP_PREFIX}${CALLERID(name)})
 same => n,Set(__PICKUPMARK=${NODEST})
 same => n,Dial(${ARG1},${RING},${DIALOPTS}${ARG2})
 same => n,Return()

[ring-hunt]
exten => s,1,Set(LEFT=${ARG1})
 same => n(next),Set(MEMBER=${CUT(LEFT,-,1)})
 same => n,Set(LEFT=${CUT(LEFT,-,2-)})
 same => n,Dial(Local/${MEMBER}@from-internal/n,${RING},${DIALOPTS})
 same => n,GotoIf($[\"${LEFT}\" != \"\"]?next)
 same => n,Return()

[confirm]
exten => s,1,Set(TRIES=0)
 same => n(ask),Read(KEY,,1,,1,${ASK_FOR})
 same => n,Goto(${IF($[\"${KEY}\" = \"\"]?t:${KEY})},1)
exten => 1,1,Return()
exten => t,1,Goto(2,1)
exten => _X,1,Set(GOSUB_RESULT=CONTINUE)
 same => n,Return()

[ext-queues]
exten => 201,1,Set(__NODEST=${EXTEN})
 same => n,Gosub(queue-for,s,1(everyone))
 same => n,Hangup()
exten => 202,1,Set(__NODEST=${EXTEN})
 same => n,Gosub(queue-for,s,1(in-turn))
 same => n,Hangup()
exten => 205,1,Set(__NODEST=${EXTEN})
 same => n,Gosub(queue-for,s,1(everyone,hello-world))
 same => n,Hangup()
exten => h,1,Gosub(hang-up,s,1)

[queue-for]
exten => s,1,Gosub(who-calls,s,1)
 same => n,Set(CALLERID(name)=${GROUP_PREFIX}${CALLERID(name)})
 same => n,Queue(${ARG1},tTkK,,${ARG2},${RING})
 same => n,Return()

[from-queue]
exten => _X.,1,Set(__QUEUE_AGENT=${EXTEN})
 same => n,Goto(from-queue-agent,${EXTEN},1)
exten => h,1,Gosub(hang-up,s,1)

[from-queue-agent]
include => ext-local

[ext-follow-me]
exten => _1XX,1,GotoIf($[\"${DB(FM/${EXTEN})}\" = \"\"]?ext-local,${EXTEN},1)
 same => n,Goto(FM${EXTEN},1)
exten => _FM1XX,1,Gosub(who-calls,s,1)
 same => n,Set(OF=${EXTEN:2})
 same => n,Set(__FM_DEST=${NODEST})
 same => n,Set(__NODEST=${OF})
 same => n,Set(NUMBERS=${DB(FM/${OF})})
 same => n,Set(STRING=Local/FMPR-${OF}@from-internal/n)
 same => n(more),Set(STRING=${STRING}&Local/FMGL-${CUT(NUMBERS,&,1)}#@from-internal/n)
 same => n,Set(NUMBERS=${CUT(NUMBERS,&,2-)})
 same => n,GotoIf($[\"${NUMBERS}\" != \"\"]?more)
 same => n,Set(__PICKUPMARK=${OF})
 same => n,Dial(${STRING},${RING},${DIALOPTS}${IF($[\"${DB(FMCONFIRM/${OF})}\" = \"YES\"]?U(confirm):)})
 same => n,Set(__NODEST=${FM_DEST})
 same => n,Goto(ext-local,vmu${OF},1)
exten => _FMPR-1XX,1,Set(__FROM_FM=${EXTEN:5})
 same => n,Goto(ext-local,${EXTEN:5},1)
exten => _FMGL-.,1,Set(TO=${CUT(EXTEN,#,1)})
 same => n,Goto(from-internal,${TO:5},1)
exten => h,1,Gosub(hang-up,s,1)

[app-pickup]
exten => _**1XX,1,Pickup(${EXTEN:2}@PICKUPMARK&${EXTEN:2}@from-internal-xfer&FMPR-${EXTEN:2}@from-internal)
 same => n,Hangup()
exten => _*81XX,1,Pickup(${EXTEN:2}@PICKUPMARK)
 same => n,Hangup()

[outbound-allroutes]
include => route-1

[route-1]
exten => _0X.,1,Gosub(who-calls,s,1)
 same => n,Set(_ROUTE=${CONTEXT})
 same => n,Gosub(record-check,s,1(out,${EXTEN}))
 same => n,Gosub(dial-trunk,s,1(1,${EXTEN:1}))
 same => n,Gosub(no-trunk-left,s,1)
exten => h,1,Gosub(hang-up,s,1)

[dial-trunk]
exten => s,1,Set(NUMBER=${ARG2})
 same => n,Gosub(own-number,s,1)
 same => n,Dial(PJSIP/${NUMBER}@trunk,${RING},${DIALOPTS}${TRUNKOPTS}b(on-each-leg^s^1))
 same => n,Goto(s-${DIALSTATUS},1)
exten => s-ANSWER,1,Hangup()
exten => s-BUSY,1,Playtones(busy)
 same => n,Busy(${TONE})
exten => s-NOANSWER,1,Progress()
 same => n,Playtones(congestion)
 same => n,Congestion(${TONE})
exten => _s-.,1,Set(WHY=${IF($[\"${HANGUPCAUSE}\" = \"\"]?0:${HANGUPCAUSE})})
 same => n,Goto(${WHY},1)
exten => 17,1,Goto(s-BUSY,1)
exten => 18,1,Goto(s-NOANSWER,1)
exten => _X,1,Goto(next,1)
exten => _X.,1,Goto(next,1)
exten => next,1,Return()
exten => h,1,Gosub(hang-up,s,1)

[own-number]
exten => s,1,ExecIf($[\"${SAVED_NAME_PRES}\" != \"\"]?Set(CALLERID(name-pres)=${SAVED_NAME_PRES}))
 same => n,ExecIf($[\"${SAVED_NUM_PRES}\" != \"\"]?Set(CALLERID(num-pres)=${SAVED_NUM_PRES}))
 same => n,Set(CALLERID(all)=${OUT_CID})
 same => n,ExecIf($[\"${OUT_HIDDEN}\" != \"\"]?Set(CALLERID(pres)=prohib))
 same => n,Return()

[no-trunk-left]
exten => s,1,Progress()
 same => n,Playtones(congestion)
 same => n,Congestion(${TONE})
 same => n,Hangup()

[hang-up]
exten => s,1,Set(ENDED=yes)
 same => n,Return()

";

/// The globals that it needs besides those of every dialplan.
pub(super) const GLOBALS: [(&str, &str); 3] = [
    ("OUT_CID", "ACME <+4930555000>"),
    ("TONE", "1"),
    ("ASK_FOR", "20"),
];

/// Queues whose members are Local channels.
pub(super) const QUEUES: &str = "\
[general]
persistentmembers=no
[everyone]
strategy=ringall
timeout=60
retry=1
ringinuse=yes
joinempty=yes
member => Local/100@from-queue/n,0,Anna,hint:100@ext-local
member => Local/101@from-queue/n,0,Bert,hint:101@ext-local
[in-turn]
strategy=linear
timeout=2
retry=1
ringinuse=yes
joinempty=yes
member => Local/100@from-queue/n,0,Anna,hint:100@ext-local
member => Local/101@from-queue/n,0,Bert,hint:101@ext-local
";
