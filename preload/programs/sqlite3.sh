# sqlite3: a table of a hundred thousand rows, built, indexed and queried.
exec sqlite3 table.db <<'PROGRAM'
CREATE TABLE words (number INTEGER PRIMARY KEY, word TEXT, size INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO words SELECT i, printf('word %d of %s', i * 7919 % 50021, substr('abcdefghij', i % 10)), i % 997 FROM n;
CREATE INDEX by_word ON words (word);
SELECT count(*), sum(size), min(word), max(word) FROM words;
SELECT size, count(*), group_concat(number) FROM words WHERE size < 20 GROUP BY size ORDER BY size;
SELECT a.word, b.number FROM words a JOIN words b ON a.word = b.word AND a.number < b.number ORDER BY 1, 2 LIMIT 200;
UPDATE words SET word = upper(word) WHERE size % 3 = 0;
DELETE FROM words WHERE size % 5 = 0;
VACUUM;
PRAGMA integrity_check;
SELECT count(*), sum(length(word)), count(DISTINCT word) FROM words;
PROGRAM
