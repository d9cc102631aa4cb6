# What is written to Salesforce, in Chinese (traditional characters, Taiwan).

account-name = 來電者 { $number }

subject-answered = { $known ->
    [both] 來電：{ $name }（{ $number }）
    [number] 來電：{ $number }
    [name] 來電：{ $name }（無號碼）
    [withheld] 來電：未顯示號碼
   *[none] 來電：無號碼
}
subject-lost = { $known ->
    [both] 未接來電：{ $name }（{ $number }）
    [number] 未接來電：{ $number }
    [name] 未接來電：{ $name }（無號碼）
    [withheld] 未接來電：未顯示號碼
   *[none] 未接來電：無號碼
}

# The lines of the description, in this order
line-caller = 來電者：{ $known ->
    [both] { $name }，{ $number }
    [number] { $number }
    [name] { $name }（無號碼）
    [withheld] 未顯示號碼
   *[none] 不明（未收到號碼）
}
line-result = 結果：{ $reason }
line-dialled = 撥打的號碼：{ $number }
line-queue = 佇列：{ $queue }
line-extension = 分機：{ $extension }
line-start = 開始時間：{ $time }
line-end = 結束時間：{ $time }
line-ring = 響鈴時間：{ $duration }
line-talk = 通話時間：{ $duration }
line-others = 相同號碼的其他記錄：{ $others }
line-not-looked-up = 無法在 Salesforce 中查詢來電者
line-similar = 未建立客戶，有類似的客戶，但都沒有此號碼：{ $others }
line-reference = 參考編號：{ $reference }

# Both are 轉接; what the phone does by itself is 自動轉接.
step-forwarded-to = 自動轉接至 { $to }
step-transferred-to = 轉接至 { $to }
step-transferred-from = 由 { $from } 轉接

reason-answered = 已接聽
reason-forwarded = { $to ->
    [none] 自動轉接後接聽
   *[other] 自動轉接至 { $to } 後接聽
}
reason-not-answered = 無人接聽
reason-gave-up = 來電者在接聽前掛斷
reason-busy = 忙線中
reason-rejected = 已拒接
reason-not-reachable = 話機無法接通
reason-voicemail = 轉入語音信箱
reason-answered-elsewhere = 由他人接聽

# When nothing is known
number-withheld = 未顯示
number-none = 不明
end-unknown = 不明
end-running = 仍在通話中

# The parts of the day as in CLDR; 12-hour times are not written without.
date-time = { $year }年{ $month }月{ $day }日 { $hour ->
    [0] 凌晨
    [1] 凌晨
    [2] 凌晨
    [3] 凌晨
    [4] 凌晨
    [5] 清晨
    [6] 清晨
    [7] 清晨
    [8] 上午
    [9] 上午
    [10] 上午
    [11] 上午
    [12] 中午
   *[13] 下午
    [19] 晚上
    [20] 晚上
    [21] 晚上
    [22] 晚上
    [23] 晚上
}{ $hour12 }:{ $minute2 }:{ $second2 }

hours = { $count } 小時
minutes = { $count } 分鐘
seconds = { $count } 秒
duration-joint = { $first } { $second }
