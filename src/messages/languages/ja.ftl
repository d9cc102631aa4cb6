# What is written to Salesforce, in Japanese.

account-name = 発信者 { $number }

subject-answered = { $known ->
    [both] 着信：{ $name }（{ $number }）
    [number] 着信：{ $number }
    [name] 着信：{ $name }（番号なし）
    [withheld] 着信：非通知
   *[none] 着信：番号不明
}
subject-lost = { $known ->
    [both] 不在着信：{ $name }（{ $number }）
    [number] 不在着信：{ $number }
    [name] 不在着信：{ $name }（番号なし）
    [withheld] 不在着信：非通知
   *[none] 不在着信：番号不明
}

# The lines of the description, in this order
line-caller = 発信者：{ $known ->
    [both] { $name }、{ $number }
    [number] { $number }
    [name] { $name }（番号なし）
    [withheld] 非通知
   *[none] 不明（番号の通知なし）
}
line-result = 結果：{ $reason }
line-dialled = ダイヤルされた番号：{ $number }
line-queue = キュー：{ $queue }
line-extension = 内線番号：{ $extension }
line-start = 開始日時：{ $time }
line-end = 終了日時：{ $time }
line-ring = 呼び出し時間：{ $duration }
line-talk = 通話時間：{ $duration }
line-others = 同じ番号のほかのレコード：{ $others }
line-not-looked-up = 発信者を Salesforce で検索できませんでした
line-similar = 取引先は作成されていません。類似のものはありますが、この番号のものはありません：{ $others }
line-reference = 参照番号：{ $reference }

# Both are 転送; what the phone does by itself is 自動転送.
step-forwarded-to = { $to } へ自動転送
step-transferred-to = { $to } へ転送
step-transferred-from = { $from } から転送

reason-answered = 応答済み
reason-forwarded = { $to ->
    [none] 自動転送先で応答
   *[other] 自動転送先の { $to } で応答
}
reason-not-answered = 応答なし
reason-gave-up = 応答前に発信者が切断
reason-busy = 話し中
reason-rejected = 応答拒否
reason-not-reachable = 電話機に接続できず
reason-voicemail = 留守番電話に接続
reason-answered-elsewhere = ほかの人が応答

# When nothing is known
number-withheld = 非通知
number-none = 不明
end-unknown = 不明
end-running = 通話中

date-time = { $year }年{ $month }月{ $day }日 { $hour }:{ $minute2 }:{ $second2 }

hours = { $count }時間
minutes = { $count }分
seconds = { $count }秒
duration-joint = { $first }{ $second }
