"""Measures how long OpenCV takes for an ONNX model.

    python3 time.py MODEL.onnx CxHxW THREADS SECONDS

After two runs to warm up the model runs for about SECONDS, at least three times. Standard output
gets a line of JSON: median_ms, min_ms, runs, load_ms. The input has C channels of H×W.
"""

import json
import statistics
import sys
import time

import cv2
import numpy


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: time.py MODEL.onnx CxHxW THREADS SECONDS")
    model, threads, seconds = sys.argv[1], int(sys.argv[3]), float(sys.argv[4])
    shape = [1] + [int(extent) for extent in sys.argv[2].split("x")]
    cv2.setNumThreads(threads)
    begin = time.perf_counter()
    net = cv2.dnn.readNetFromONNX(model)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(cv2.dnn.DNN_TARGET_CPU)
    loaded = time.perf_counter()
    names = net.getUnconnectedOutLayersNames()
    values = numpy.arange(numpy.prod(shape)) * 0.6180339887498949 % 1
    net.setInput(values.astype(numpy.float32).reshape(shape))
    for _ in range(2):
        net.forward(names)

    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        net.forward(names)
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({
        "version": cv2.__version__,
        "median_ms": statistics.median(times),
        "min_ms": min(times),
        "runs": len(times),
        "load_ms": 1000 * (loaded - begin),
    }))


main()
