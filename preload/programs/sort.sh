# sort: a million lines, in parallel.
export LC_ALL=C
seq 1000000 | awk '{ printf "%d line %d\n", ($1 * 7919) % 1000003, $1 }' >lines
sort --parallel=4 lines | sha256sum
sort --parallel=4 --buffer-size=8M -k3,3nr -k1,1 lines | sha256sum
