# What is written to Salesforce, in Thai.

account-name = ผู้โทร { $number }

subject-answered = { $known ->
    [both] สายเรียกเข้าจาก { $name } ({ $number })
    [number] สายเรียกเข้าจาก { $number }
    [name] สายเรียกเข้าจาก { $name } (ไม่มีหมายเลข)
    [withheld] สายเรียกเข้าจากหมายเลขส่วนตัว
   *[none] สายเรียกเข้าที่ไม่มีหมายเลข
}
subject-lost = { $known ->
    [both] สายที่ไม่ได้รับจาก { $name } ({ $number })
    [number] สายที่ไม่ได้รับจาก { $number }
    [name] สายที่ไม่ได้รับจาก { $name } (ไม่มีหมายเลข)
    [withheld] สายที่ไม่ได้รับจากหมายเลขส่วนตัว
   *[none] สายที่ไม่ได้รับซึ่งไม่มีหมายเลข
}

# The lines of the description, in this order
line-caller = ผู้โทร: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (ไม่มีหมายเลข)
    [withheld] หมายเลขส่วนตัว
   *[none] ไม่ทราบ (ไม่มีการส่งหมายเลข)
}
line-result = ผลการโทร: { $reason }
line-dialled = หมายเลขปลายทาง: { $number }
line-queue = คิว: { $queue }
line-extension = หมายเลขภายใน: { $extension }
line-start = เริ่ม: { $time }
line-end = สิ้นสุด: { $time }
line-ring = ระยะเวลาที่เรียกสาย: { $duration }
line-talk = ระยะเวลาสนทนา: { $duration }
line-others = ระเบียนอื่นที่มีหมายเลขนี้: { $others }
line-not-looked-up = ไม่สามารถค้นหาผู้โทรใน Salesforce ได้
line-similar = ไม่ได้สร้างบัญชี มีบัญชีที่คล้ายกันแต่ไม่มีบัญชีใดมีหมายเลขนี้: { $others }
line-reference = หมายเลขอ้างอิง: { $reference }

# Both are โอนสาย; what the phone does by itself is โอนสายอัตโนมัติ.
step-forwarded-to = โอนสายอัตโนมัติไปยัง { $to }
step-transferred-to = โอนสายไปยัง { $to }
step-transferred-from = รับโอนสายจาก { $from }

reason-answered = รับสายแล้ว
reason-forwarded = { $to ->
    [none] รับสายหลังจากโอนสายอัตโนมัติ
   *[other] รับสายหลังจากโอนสายอัตโนมัติไปยัง { $to }
}
reason-not-answered = ไม่มีผู้รับสาย
reason-gave-up = ผู้โทรวางสายก่อนมีผู้รับ
reason-busy = สายไม่ว่าง
reason-rejected = ปฏิเสธสาย
reason-not-reachable = ติดต่อเครื่องโทรศัพท์ไม่ได้
reason-voicemail = เข้าสู่ระบบฝากข้อความเสียง
reason-answered-elsewhere = มีผู้อื่นรับสายแล้ว

# When nothing is known
number-withheld = หมายเลขส่วนตัว
number-none = ไม่ทราบ
end-unknown = ไม่ทราบ
end-running = ยังสนทนาอยู่

# Thailand counts years by the Buddhist calendar, CLDR's default for th.
date-time = { $day } { $month ->
    [1] มกราคม
    [2] กุมภาพันธ์
    [3] มีนาคม
    [4] เมษายน
    [5] พฤษภาคม
    [6] มิถุนายน
    [7] กรกฎาคม
    [8] สิงหาคม
    [9] กันยายน
    [10] ตุลาคม
    [11] พฤศจิกายน
   *[12] ธันวาคม
} { $buddhist-year } เวลา { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count } ชั่วโมง
minutes = { $count } นาที
seconds = { $count } วินาที
duration-joint = { $first } { $second }
