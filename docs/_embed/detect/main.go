// Command detect finds blood cells in pictures and draws boxes around them.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

func main() {
	log.SetFlags(0)
	network, err := net.Open("cfgs/ghost-yolo-bccd.cfg", "cfgs/ghost-yolo-bccd.weights", net.Options{})
	if err != nil {
		log.Fatal(err)
	}
	session, err := network.NewSession(net.SessionOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	for _, path := range os.Args[1:] {
		if err := find(session, path); err != nil {
			log.Fatalf("%s: %v", path, err)
		}
	}
}

var names = []string{"RBC", "WBC", "Platelets"}

// find prints the objects in a picture, and writes a copy with boxes to the folder for temporary files.
func find(session *net.Session, path string) error {
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		return err
	}
	network := session.Network()
	shape := network.Net.Input()
	input, err := img.Input(picture.ResizeStretch, shape)
	if err != nil {
		return err
	}
	if err := session.Run(context.Background(), input.Data); err != nil {
		return err
	}

	const thresh, overlap = 0.25, 0.45
	fit := detect.Fit{NetW: shape.W, NetH: shape.H, ImageW: img.W, ImageH: img.H}
	candidates, err := session.Candidates(0, thresh, fit)
	if err != nil {
		return err
	}
	candidates = network.Suppression(overlap).Apply(candidates, network.Classes())
	var labels []picture.Label
	for _, d := range detect.Detections(candidates, detect.Filter{Thresh: thresh}) {
		left, top, width, height := d.Rect(img.W, img.H)
		fmt.Printf("%s %.0f%% at %.0f, %.0f, %.0f×%.0f pixels\n", names[d.Class], 100*d.Score, left, top, width, height)
		labels = append(labels, picture.Label{Text: names[d.Class], Class: d.Class, X: left + width/2, Y: top + height/2, W: width, H: height})
	}
	return picture.Save(filepath.Join(os.TempDir(), "found.jpg"), picture.Annotate(img, labels))
}
