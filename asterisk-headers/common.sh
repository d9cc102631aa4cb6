# Shared by fetch and compile-shim: where things are.
supported="18 20 21 22 23"
cache=${ANSITEL_PBX_CACHE:-/var/cache/ansitel-private-pbx}
headers=${ASTERISK_HEADERS_DIR:-$cache/headers}

# A folder with headers that Asterisk's own build has completed.
generated_headers() {
    for dir in "${ASTERISK_INCLUDE_DIR:-}" /usr/include /usr/local/include "$cache/current/include"; do
        if [ -n "$dir" ] && [ -f "$dir/asterisk/buildopts.h" ]; then
            echo "$dir"
            return
        fi
    done
    echo "no Asterisk headers found: install asterisk-dev, or run scripts/prepare" >&2
    return 1
}
