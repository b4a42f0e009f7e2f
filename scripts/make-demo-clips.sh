#!/usr/bin/env bash
# Makes the clips of assets/demo anew from the texts in demo.tsv: espeak-ng speaks, ffmpeg packs.
# Run by hand when a text changes; the clips are part of the repository, so nobody else needs espeak-ng.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh clips

demo=assets/demo
spoken=$(mktemp -d)
trap 'rm -rf "$spoken"' EXIT

# clip NAME VOICE WORDS_A_MINUTE RATE_HZ CODEC_ARGS...: speaks the text that demo.tsv has for NAME.
clip() {
    local name=$1 voice=$2 pace=$3 rate=$4
    shift 4
    local text
    text=$(awk -F '\t' -v name="$name" '$1 == name { print $2 }' "$demo/demo.tsv")
    [ -n "$text" ] || { echo "error: demo.tsv has no text for $name" >&2; exit 1; }
    espeak-ng -v "$voice" -s "$pace" -w "$spoken/raw.wav" "$text"
    ffmpeg -v error -y -i "$spoken/raw.wav" -map_metadata -1 -fflags +bitexact -flags:a +bitexact \
        -ac 1 -ar "$rate" "$@" "$demo/$name"
}

clip 01_greeting_agent.wav en-us 190 8000 -c:a pcm_s16le
clip 01_greeting_caller.wav en-gb 175 8000 -c:a pcm_mulaw
clip 02_order_agent.flac en-us 165 11025 -c:a flac
clip 02_order_caller.mp3 en-gb-scotland 170 16000 -c:a libmp3lame -b:a 32k
clip 03_weather_de.ogg de 160 16000 -c:a libvorbis -q:a 2
clip 03_weather_fr.opus fr-fr 160 16000 -c:a libopus -b:a 16k
clip 03_weather_zh.wav cmn 230 8000 -c:a pcm_s16le
clip 04_numbers_es.m4a es 160 16000 -c:a aac -b:a 32k

wc -c "$demo"/0*
