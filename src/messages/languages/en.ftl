# What is written to Salesforce, in English.
#
# All messages there are, and all variables. A number can be matched as such ([1]) or by the
# language's plural categories ([one], [few], …).

account-name = Caller { $number }

# $known: both, number, name, withheld or none
subject-answered = { $known ->
    [both] Call from { $name } ({ $number })
    [number] Call from { $number }
    [name] Call from { $name } (no number)
    [withheld] Call from a withheld number
   *[none] Call without a number
}
subject-lost = { $known ->
    [both] Missed call from { $name } ({ $number })
    [number] Missed call from { $number }
    [name] Missed call from { $name } (no number)
    [withheld] Missed call from a withheld number
   *[none] Missed call without a number
}

# The lines of the description, in this order
line-caller = Caller: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (no number)
    [withheld] number withheld
   *[none] unknown (no number was sent)
}
line-result = Result: { $reason }
line-dialled = Dialled number: { $number }
line-queue = Queue: { $queue }
line-extension = Extension: { $extension }
line-start = Start: { $time }
line-end = End: { $time }
line-ring = Ring time: { $duration }
line-talk = Talk time: { $duration }
line-others = Others with this number: { $others }
line-not-looked-up = The caller could not be looked up in Salesforce
line-similar = No account created, similar ones exist, but none with this number: { $others }
line-reference = Reference: { $reference }

step-forwarded-to = Forwarded to { $to }
step-transferred-to = Transferred to { $to }
step-transferred-from = Transferred from { $from }

# The call's result
reason-answered = answered
# $to: the number, or none
reason-forwarded = { $to ->
    [none] answered after call forwarding
   *[other] answered after being forwarded to { $to }
}
reason-not-answered = not answered
reason-gave-up = caller hung up before anyone answered
reason-busy = busy
reason-rejected = rejected
reason-not-reachable = phone not reachable
reason-voicemail = went to voicemail
reason-answered-elsewhere = answered by someone else

# When nothing is known
number-withheld = withheld
number-none = unknown
end-unknown = unknown
end-running = still in progress

# $year, $buddhist-year; $month, $day and the same with two digits, $month2, $day2;
# $hour (0-23), with two digits $hour2; $hour12 (1-12) and $half (am or pm); $minute2, $second2
date-time = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $hour2 }:{ $minute2 }:{ $second2 }

# A duration is made of those that are not zero.
hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
duration-joint = { $first } { $second }
