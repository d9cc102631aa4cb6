# What is written to Salesforce, in Russian.

account-name = Абонент { $number }

# After a colon, so that names stay in the nominative.
subject-answered = { $known ->
    [both] Звонок: { $name } ({ $number })
    [number] Звонок с номера { $number }
    [name] Звонок: { $name } (без номера)
    [withheld] Звонок со скрытого номера
   *[none] Звонок без номера
}
subject-lost = { $known ->
    [both] Пропущенный звонок: { $name } ({ $number })
    [number] Пропущенный звонок с номера { $number }
    [name] Пропущенный звонок: { $name } (без номера)
    [withheld] Пропущенный звонок со скрытого номера
   *[none] Пропущенный звонок без номера
}

# The lines of the description, in this order
line-caller = Абонент: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (без номера)
    [withheld] номер скрыт
   *[none] неизвестен (номер не определён)
}
line-result = Результат: { $reason }
line-dialled = Набранный номер: { $number }
line-queue = Очередь: { $queue }
line-extension = Внутренний номер: { $extension }
line-start = Начало: { $time }
line-end = Окончание: { $time }
line-ring = Ожидание ответа: { $duration }
line-talk = Длительность разговора: { $duration }
line-others = Этот номер есть также у: { $others }
line-not-looked-up = Не удалось найти звонившего в Salesforce: поиск не сработал
line-similar = Организация не создана: есть похожие, но ни у одной нет этого номера: { $others }
line-reference = Идентификатор звонка: { $reference }

step-forwarded-to = Переадресован на { $to }
step-transferred-to = Переведён на { $to }
step-transferred-from = Переведён с { $from }

reason-answered = принят
reason-forwarded = { $to ->
    [none] принят после переадресации
   *[other] принят после переадресации на { $to }
}
reason-not-answered = нет ответа
reason-gave-up = абонент положил трубку, не дождавшись ответа
reason-busy = занято
reason-rejected = отклонён
reason-not-reachable = телефон недоступен
reason-voicemail = переведён на голосовую почту
reason-answered-elsewhere = ответил другой сотрудник

# When nothing is known
number-withheld = скрыт
number-none = неизвестен
end-unknown = неизвестно
end-running = ещё продолжается

date-time = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
} { $year } г., { $hour2 }:{ $minute2 }:{ $second2 }

hours = { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[many] { $count } часов
}
minutes = { $count ->
    [one] { $count } минута
    [few] { $count } минуты
   *[many] { $count } минут
}
seconds = { $count ->
    [one] { $count } секунда
    [few] { $count } секунды
   *[many] { $count } секунд
}
duration-joint = { $first } { $second }
