package net_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

// Find objects in a picture with a detector.
func Example() {
	network, err := net.Open("../cfgs/ghost-yolo-bccd.cfg", "../cfgs/ghost-yolo-bccd.weights", net.Options{})
	if err != nil {
		log.Fatal(err)
	}
	session, err := network.NewSession(net.SessionOptions{}) // one for each goroutine
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	img, err := picture.Open("../cfgs/smear.jpg", picture.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	shape := network.Net.Input()
	input, err := img.Input(picture.ResizeStretch, shape)
	if err != nil {
		log.Fatal(err)
	}
	if err := session.Run(context.Background(), input.Data); err != nil {
		log.Fatal(err)
	}

	const thresh, overlap = 0.8, 0.45
	fit := detect.Fit{NetW: shape.W, NetH: shape.H, ImageW: img.W, ImageH: img.H}
	candidates, err := session.Candidates(0, thresh, fit)
	if err != nil {
		log.Fatal(err)
	}
	candidates = network.Suppression(overlap).Apply(candidates, network.Classes())
	for _, d := range detect.Detections(candidates, detect.Filter{Thresh: thresh, Top: 3}) {
		left, top, width, height := d.Rect(img.W, img.H)
		fmt.Printf("class %d, %.0f%%: %.0f×%.0f pixels at %.0f, %.0f\n", d.Class, d.Score*100, width, height, left, top)
	}
	// Output:
	// class 0, 96%: 117×109 pixels at 78, 85
	// class 0, 95%: 117×111 pixels at 459, 367
	// class 0, 95%: 115×115 pixels at 212, 193
}
