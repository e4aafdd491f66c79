# A ping-pong through pipes and a thread that naps: many wake-ups in some hundredths of a second.

import os, threading, time
r1, w1 = os.pipe(); r2, w2 = os.pipe()
def pong():
    while os.read(r1, 1) == b'p': os.write(w2, b'q')
def naps():
    for _ in range(10): time.sleep(0.001)
threads = [threading.Thread(target=f) for f in (pong, naps)]
for t in threads: t.start()
for i in range(20):
    os.write(w1, b'p'); os.read(r2, 1)
    if i % 8 == 0: time.sleep(0.001)
os.write(w1, b'x')
for t in threads: t.join()
