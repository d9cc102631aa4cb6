# What is written to Salesforce, in Korean.

account-name = 발신자 { $number }

# After a colon: particles would depend on how a name or number ends.
subject-answered = { $known ->
    [both] 수신 전화: { $name } ({ $number })
    [number] 수신 전화: { $number }
    [name] 수신 전화: { $name } (번호 없음)
    [withheld] 수신 전화: 발신번호 표시제한
   *[none] 수신 전화: 번호 없음
}
subject-lost = { $known ->
    [both] 부재중 전화: { $name } ({ $number })
    [number] 부재중 전화: { $number }
    [name] 부재중 전화: { $name } (번호 없음)
    [withheld] 부재중 전화: 발신번호 표시제한
   *[none] 부재중 전화: 번호 없음
}

# The lines of the description, in this order
line-caller = 발신자: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (번호 없음)
    [withheld] 발신번호 표시제한
   *[none] 알 수 없음 (번호가 수신되지 않음)
}
line-result = 결과: { $reason }
line-dialled = 착신 번호: { $number }
line-queue = 대기열: { $queue }
line-extension = 내선 번호: { $extension }
line-start = 시작: { $time }
line-end = 종료: { $time }
line-ring = 벨 울림 시간: { $duration }
line-talk = 통화 시간: { $duration }
line-others = 같은 번호의 다른 레코드: { $others }
line-not-looked-up = Salesforce에서 발신자를 조회할 수 없었습니다
line-similar = 계정을 만들지 않음, 비슷한 계정은 있지만 이 번호의 계정은 없음: { $others }
line-reference = 참조 번호: { $reference }

step-forwarded-to = 착신 전환: { $to }
step-transferred-to = 호 전환: { $to }
step-transferred-from = { $from }에서 호 전환됨

reason-answered = 응답함
reason-forwarded = { $to ->
    [none] 착신 전환 후 응답함
   *[other] 착신 전환({ $to }) 후 응답함
}
reason-not-answered = 응답 없음
reason-gave-up = 응답 전에 발신자가 끊음
reason-busy = 통화 중
reason-rejected = 수신 거절
reason-not-reachable = 전화기 연결 불가
reason-voicemail = 음성 사서함으로 연결됨
reason-answered-elsewhere = 다른 사람이 응답함

# When nothing is known
number-withheld = 발신번호 표시제한
number-none = 알 수 없음
end-unknown = 알 수 없음
end-running = 아직 통화 중

date-time = { $year }년 { $month }월 { $day }일 { $half ->
    [am] 오전
   *[pm] 오후
} { $hour12 }:{ $minute2 }:{ $second2 }

hours = { $count }시간
minutes = { $count }분
seconds = { $count }초
duration-joint = { $first } { $second }
