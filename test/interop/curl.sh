# sh curl.sh get|form|multipart|xml <bridge URL>
# Performs a call for each line of standard input, as test/interop/programs.ts says, with curl and xmllint.
mode=$1
bridge=$2
tab=$(printf '\t')

# The parameters, a word for each, as <name>value</name>.
elements() {
  for word; do
    printf '<%s>%s</%s>' "${word%%=*}" "$(printf %s "${word#*=}" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g')" "${word%%=*}"
  done
}

send() {
  case $mode in
  get) to=$bridge/api/1.0/rest encode=--data-urlencode; set -- -G "$@" ;;
  form) to=$bridge/api/1.0/rest encode=--data-urlencode ;;
  multipart) to=$bridge/api/1.0/rest encode=--form-string ;;
  xml)
    curl -s -H 'Content-Type: text/xml' --data-binary "<request>$(elements "$@")</request>" "$bridge/api/1.0/xml"
    return
    ;;
  esac
  for word; do
    shift
    [ "$word" = -G ] || set -- "$@" "$encode"
    set -- "$@" "$word"
  done
  curl -s "$@" "$to"
}

# The elements of the reply, one a line, as key=value.
show() {
  xmllint --nonet --format --encode UTF-8 - | awk '
    function key(name,   place, level) {
      for (level = 2; level <= depth; level++)
        if (tag[level] == "item") place = place tag[level - 1] "." items[level - 1] "."
      return place name
    }
    { sub(/^ */, "") }
    /^<[a-z_]+>$/ {
      tag[++depth] = substr($0, 2, length($0) - 2)
      items[depth] = -1
      if (tag[depth] == "item") items[depth - 1]++
    }
    /^<\/[a-z_]+>$/ { depth-- }
    /^<[a-z_]+\/>$/ { print key(substr($0, 2, length($0) - 3)) "=" }
    /^<[a-z_]+>.*<\/[a-z_]+>$/ {
      name = substr($0, 2, index($0, ">") - 2)
      text = substr($0, length(name) + 3, length($0) - 2 * length(name) - 5)
      gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&amp;/, "\\&", text)
      print key(name) "=" text
    }'
}

while IFS= read -r line; do
  IFS=$tab
  set -f
  set -- $line
  unset IFS
  action=$1
  shift
  send "action=$action" "$@" | show
  echo
done
