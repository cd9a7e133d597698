package main

import (
	"os"
	"path/filepath"
	"strconv"
)

// network is one that is measured.
type network struct {
	name          string
	cfg, weights  string // weights are "" for random ones
	width, height int    // 0 for the cfg's
}

// allNetworks are the rows of the table, the paths relative to the project's folder.
var allNetworks = []network{
	{name: "GhostNet 224", cfg: "cfgs/ghostnet.cfg"},
	{name: "Ghost-YOLO 416", cfg: "cfgs/ghost-yolo.cfg"},
	{name: "Ghost-YOLO 960×540", cfg: "cfgs/ghost-yolo.cfg", width: 960, height: 540},
	{name: "Yolo-Fastest-1.1 320", cfg: "../shared/models/yolo-fastest-1.1.cfg", weights: "../shared/models/yolo-fastest-1.1.weights"},
	{name: "Yolo-Fastest-1.1-xl 320", cfg: "../shared/models/yolo-fastest-1.1-xl.cfg", weights: "../shared/models/yolo-fastest-1.1-xl.weights"},
	{name: "EfficientNet-B0 224", cfg: "../shared/zoo/cfg/efficientnet_b0.cfg"},
	{name: "YOLOv3-tiny 416", cfg: "../shared/zoo/cfg/yolov3-tiny.cfg"},
	{name: "YOLOv4-tiny 416", cfg: "../shared/zoo/cfg/yolov4-tiny.cfg"},
	{name: "YOLOv7-tiny 416", cfg: "../shared/zoo/cfg/yolov7-tiny.cfg"},
	{name: "Darknet-53 256", cfg: "../shared/zoo/cfg/darknet53.cfg"},
	{name: "YOLOv3 416", cfg: "../shared/zoo/cfg/yolov3.cfg"},
	{name: "YOLOv4 608", cfg: "../shared/zoo/cfg/yolov4.cfg"},
}

// missing is the error of a file that is not there.
func (n network) missing() error {
	for _, file := range []string{n.cfg, n.weights} {
		if file == "" {
			continue
		}
		if _, err := os.Stat(filepath.FromSlash(file)); err != nil {
			return err
		}
	}
	return nil
}

// operands are what ghostdark's commands need to know of the network.
func (n network) operands() []string {
	list := []string{filepath.FromSlash(n.cfg)}
	if n.weights != "" {
		list = append(list, filepath.FromSlash(n.weights))
	}
	if n.width > 0 {
		list = append(list, "--width", strconv.Itoa(n.width), "--height", strconv.Itoa(n.height))
	}
	return list
}
