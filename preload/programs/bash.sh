# bash: many forks, arrays and strings.
declare -A words
for number in $(seq 300); do
    words[$((number * 7919 % 1009))]=$(printf '%*s' "$number" x)
    (: "${words[*]}")
done
total=0
for key in "${!words[@]}"; do total=$((total + key + ${#words[$key]})); done
printf '%d %d\n' "${#words[@]}" "$total"
for number in $(seq 100); do printf '%s\n' "$number" | (read -r line && printf '%d ' $((line * 2))); done
text=
for number in $(seq 3000); do text+="$number,"; done
IFS=, read -r -a list <<<"$text"
printf '\n%d %s\n' "${#list[@]}" "${text//1/one}" | sha256sum
for number in $(seq 20); do { sleep 0.01; printf . ; } & done
wait
