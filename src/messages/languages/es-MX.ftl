# What is written to Salesforce, in Mexican Spanish.

account-name = Llamante { $number }

subject-answered = { $known ->
    [both] Llamada de { $name } ({ $number })
    [number] Llamada de { $number }
    [name] Llamada de { $name } (sin número)
    [withheld] Llamada de un número privado
   *[none] Llamada sin número
}
subject-lost = { $known ->
    [both] Llamada perdida de { $name } ({ $number })
    [number] Llamada perdida de { $number }
    [name] Llamada perdida de { $name } (sin número)
    [withheld] Llamada perdida de un número privado
   *[none] Llamada perdida sin número
}

# The lines of the description, in this order
line-caller = Llamante: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (sin número)
    [withheld] número privado
   *[none] desconocido (no se recibió ningún número)
}
line-result = Resultado: { $reason }
line-dialled = Número marcado: { $number }
line-queue = Fila: { $queue }
line-extension = Extensión: { $extension }
line-start = Inicio: { $time }
line-end = Fin: { $time }
line-ring = Tiempo de timbrado: { $duration }
line-talk = Tiempo de conversación: { $duration }
line-others = Otros con este número: { $others }
line-not-looked-up = No se pudo buscar en Salesforce a quien llamó
line-similar = No se creó ninguna cuenta; hay otras parecidas, pero ninguna con este número: { $others }
line-reference = Referencia: { $reference }

step-forwarded-to = Desviada a { $to }
step-transferred-to = Transferida a { $to }
step-transferred-from = Transferida desde { $from }

reason-answered = contestada
reason-forwarded = { $to ->
    [none] contestada después de un desvío de llamada
   *[other] contestada después del desvío a { $to }
}
reason-not-answered = no contestada
reason-gave-up = la persona que llamó colgó antes de que contestaran
reason-busy = ocupado
reason-rejected = rechazada
reason-not-reachable = teléfono fuera de servicio
reason-voicemail = se fue al buzón de voz
reason-answered-elsewhere = contestada por otra persona

# When nothing is known
number-withheld = privado
number-none = desconocido
end-unknown = se desconoce
end-running = todavía en curso

date-time = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }, { $hour12 }:{ $minute2 }:{ $second2 } { $half ->
    [am] a.m.
   *[pm] p.m.
}

hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
seconds = { $count ->
    [one] { $count } segundo
   *[other] { $count } segundos
}
duration-joint = { $first } { $second }
