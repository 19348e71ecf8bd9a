# python3 on C's malloc alone: JSON, threads, and processes that it starts and forks.
exec env PYTHONMALLOC=malloc PYTHONHASHSEED=0 /usr/bin/python3 - <<'PROGRAM'
import hashlib, json, multiprocessing, subprocess, threading

def document(seed):
    return [{"name": f"word {seed * n % 9973}" * (n % 7 + 1), "number": n * seed, "part": n / 7,
             "list": list(range(n % 20)), "deep": {str(d): [d, None, True] for d in range(n % 5)}}
            for n in range(3000)]

def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

for seed in range(3):
    text = json.dumps(document(seed), indent=1)
    assert json.loads(text) == document(seed)
    print("json", len(text), digest(json.loads(text)))

def work(seed, found):
    words = {}
    for n in range(30000):
        words.setdefault(f"{n * seed % 1009}", []).append("x" * (n % 97))
    found[seed] = digest(words)

found = {}
threads = [threading.Thread(target=work, args=(seed, found)) for seed in range(1, 5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("threads", sorted(found.items()))

for number in range(10):
    output = subprocess.run(["/bin/sh", "-c", f"seq {number * 1000} | wc -c"], capture_output=True)
    print("subprocess", output.stdout.decode().strip())
print(subprocess.check_output(["/usr/bin/python3", "-c", "print(sum(range(10 ** 5)))"]).decode().strip())

with multiprocessing.get_context("fork").Pool(4) as pool:
    print("multiprocessing", pool.map(digest, [document(seed)[:300] for seed in range(8)]))
PROGRAM
