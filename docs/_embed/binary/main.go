// Command binary is a classifier in one file: the network is part of the program.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"os"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
)

//go:embed model.cfg
var cfgText []byte

//go:embed model.weights
var weightsFile []byte

func main() {
	log.SetFlags(0)
	session, err := open()
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	for _, path := range os.Args[1:] {
		class, probability, err := classify(session, path)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: class %d, %.1f%%\n", path, class, 100*probability)
	}
}

// open builds the network from memory.
func open() (*net.Session, error) {
	file, findings := cfg.Parse("model.cfg", cfgText)
	network, err := net.Build(file, findings, net.Options{}).LoadBytes(weightsFile, "model.weights")
	if err != nil {
		return nil, err
	}
	return network.NewSession(net.SessionOptions{})
}

// classify returns the most probable class of a picture. Scaling, cutting and normalizing are the official ones of GhostNet,
// as the cfg asks for them.
func classify(session *net.Session, path string) (class int, probability float32, err error) {
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		return 0, 0, err
	}
	section := session.Network().Net
	input, err := img.CenterCrop(section.Input(), section.CropPct)
	if err != nil {
		return 0, 0, err
	}
	picture.Normalize(input, section.Mean, section.Std)
	if err := session.Run(context.Background(), input.Data); err != nil {
		return 0, 0, err
	}
	probabilities, err := session.Result()
	if err != nil {
		return 0, 0, err
	}
	for i, p := range probabilities.Data {
		if p > probability {
			class, probability = i, p
		}
	}
	return class, probability, nil
}
