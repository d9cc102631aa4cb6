# What is written to Salesforce, in Chinese (simplified characters).

account-name = 来电者 { $number }

subject-answered = { $known ->
    [both] 来电：{ $name }（{ $number }）
    [number] 来电：{ $number }
    [name] 来电：{ $name }（无号码）
    [withheld] 来电：号码已隐藏
   *[none] 来电：无号码
}
subject-lost = { $known ->
    [both] 未接来电：{ $name }（{ $number }）
    [number] 未接来电：{ $number }
    [name] 未接来电：{ $name }（无号码）
    [withheld] 未接来电：号码已隐藏
   *[none] 未接来电：无号码
}

# The lines of the description, in this order
line-caller = 来电者：{ $known ->
    [both] { $name }，{ $number }
    [number] { $number }
    [name] { $name }（无号码）
    [withheld] 号码已隐藏
   *[none] 未知（未收到号码）
}
line-result = 结果：{ $reason }
line-dialled = 被叫号码：{ $number }
line-queue = 队列：{ $queue }
line-extension = 分机：{ $extension }
line-start = 开始时间：{ $time }
line-end = 结束时间：{ $time }
line-ring = 振铃时长：{ $duration }
line-talk = 通话时长：{ $duration }
line-others = 同号码的其他记录：{ $others }
line-not-looked-up = 无法在 Salesforce 中查询来电者
line-similar = 未创建客户，有相似的客户，但都没有此号码：{ $others }
line-reference = 参考编号：{ $reference }

step-forwarded-to = 呼叫转移至 { $to }
step-transferred-to = 转接至 { $to }
step-transferred-from = 由 { $from } 转接

reason-answered = 已接听
reason-forwarded = { $to ->
    [none] 呼叫转移后接听
   *[other] 呼叫转移至 { $to } 后接听
}
reason-not-answered = 无人接听
reason-gave-up = 来电者在接听前挂断
reason-busy = 占线
reason-rejected = 已拒接
reason-not-reachable = 话机无法接通
reason-voicemail = 转入语音信箱
reason-answered-elsewhere = 由他人接听

# When nothing is known
number-withheld = 已隐藏
number-none = 未知
end-unknown = 未知
end-running = 仍在通话中

date-time = { $year }年{ $month }月{ $day }日 { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count }小时
minutes = { $count }分钟
seconds = { $count }秒
duration-joint = { $first }{ $second }
