# What a piece of Bash finds: $INPUT is a file with {"steps", "trigger"}, and what
# it writes to $EXPORTS as name=value is exported, each on a line of its own. A
# value is JSON, or else a text.
own=$(mktemp -d) || exit 1
INPUT=$own/input.json EXPORTS=$own/exports
export INPUT EXPORTS
cat <&3 >"$own/step.sh" && cat <&4 >"$INPUT" && : >"$EXPORTS" || exit 1
bash "$own/step.sh" 3<&- 4<&- 5>&-
code=$?
cat "$EXPORTS" >&5
rm -rf "$own"
exit $code
