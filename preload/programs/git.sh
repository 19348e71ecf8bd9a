# git: a repository of its own, its log, and its garbage collected.
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q -b main repository
cd repository
for number in $(seq 40); do
    for file in $(seq $((number % 5 + 3))); do
        seq -f "line %g of $file, in $((number / (file + 1)))" $((number * 20)) >"file$file"
    done
    git add .
    export GIT_AUTHOR_DATE="@$((1700000000 + number)) +0000" GIT_COMMITTER_DATE="@$((1700000000 + number)) +0000"
    git commit -q -m "commit $number"
done
git log -p --stat | sha256sum
git gc -q
git fsck 2>/dev/null
git log --format=%H --follow file3 | sha256sum
git cat-file --batch-all-objects --batch-check | sha256sum
git blame file1 | sha256sum
git count-objects -v | grep -E '^(count|in-pack|packs|garbage):'
