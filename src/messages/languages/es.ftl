# What is written to Salesforce, in Spanish.

account-name = Llamante { $number }

subject-answered = { $known ->
    [both] Llamada de { $name } ({ $number })
    [number] Llamada de { $number }
    [name] Llamada de { $name } (sin número)
    [withheld] Llamada de un número oculto
   *[none] Llamada sin número
}
subject-lost = { $known ->
    [both] Llamada perdida de { $name } ({ $number })
    [number] Llamada perdida de { $number }
    [name] Llamada perdida de { $name } (sin número)
    [withheld] Llamada perdida de un número oculto
   *[none] Llamada perdida sin número
}

# The lines of the description, in this order
line-caller = Llamante: { $known ->
    [both] { $name }, { $number }
    [number] { $number }
    [name] { $name } (sin número)
    [withheld] número oculto
   *[none] desconocido (no se recibió ningún número)
}
line-result = Resultado: { $reason }
line-dialled = Número marcado: { $number }
line-queue = Cola: { $queue }
line-extension = Extensión: { $extension }
line-start = Inicio: { $time }
line-end = Fin: { $time }
line-ring = Tiempo de timbre: { $duration }
line-talk = Tiempo de conversación: { $duration }
line-others = Otros con este número: { $others }
line-not-looked-up = No se ha podido buscar en Salesforce a quien llamó
line-similar = No se ha creado ninguna cuenta; existen otras similares, pero ninguna con este número: { $others }
line-reference = Referencia: { $reference }

step-forwarded-to = Desviada a { $to }
step-transferred-to = Transferida a { $to }
step-transferred-from = Transferida desde { $from }

reason-answered = contestada
reason-forwarded = { $to ->
    [none] contestada tras un desvío de llamada
   *[other] contestada tras el desvío a { $to }
}
reason-not-answered = no contestada
reason-gave-up = el llamante colgó antes de que se contestara
reason-busy = línea ocupada
reason-rejected = rechazada
reason-not-reachable = teléfono no disponible
reason-voicemail = pasó al buzón de voz
reason-answered-elsewhere = contestada por otra persona

# When nothing is known
number-withheld = oculto
number-none = desconocido
end-unknown = se desconoce
end-running = aún en curso

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
} de { $year }, { $hour }:{ $minute2 }:{ $second2 }

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
