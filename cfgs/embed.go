// Package cfgs holds the networks that ghostdark brings along: two cfg files to train
// from, ghost-yolo.cfg and ghostnet.cfg, and two small trained models, each with its
// weights, class names and a picture to try it on.
package cfgs

import (
	"embed"
	"strings"
)

//go:generate go run ./_draw trousers.png
//go:generate go run ../cmd/ghostdark new ghostnet --layout darknet --force -o ghostnet.cfg
//go:generate go run ../cmd/ghostdark new ghost-yolo --layout darknet --force -o ghost-yolo.cfg

//go:embed *.cfg *.weights *.names smear.jpg trousers.png
var files embed.FS

// Model is a trained network with all that a run of it needs.
type Model struct {
	Name        string   // what the model is called, the stem of its file names
	CfgName     string   // file name of the cfg, for messages about it
	Cfg         []byte   // darknet cfg text
	Weights     []byte   // darknet weights file
	Names       []string // class names in the order of the network's classes
	PictureName string   // file name of the sample picture
	Picture     []byte   // encoded sample picture
}

// Detector returns ghost-yolo-bccd, a slim Ghost-YOLO that finds red cells, white cells
// and platelets in pictures of blood smears.
func Detector() Model { return model("ghost-yolo-bccd", "bccd.names", "smear.jpg") }

// Classifier returns ghostnet-fashion, a slim GhostNet that tells the ten Fashion-MNIST
// kinds of clothing apart: a light garment on black, scaled to 28×28.
func Classifier() Model { return model("ghostnet-fashion", "fashion.names", "trousers.png") }

// File returns a copy of the embedded file of that name, and whether there is one.
func File(name string) ([]byte, bool) {
	data, err := files.ReadFile(name)
	return data, err == nil
}

// model gathers the files of one embedded model. The slices are the caller's own.
func model(name, names, picture string) Model {
	return Model{
		Name:        name,
		CfgName:     name + ".cfg",
		Cfg:         mustFile(name + ".cfg"),
		Weights:     mustFile(name + ".weights"),
		Names:       lines(names),
		PictureName: picture,
		Picture:     mustFile(picture),
	}
}

func lines(name string) []string {
	return strings.Split(strings.TrimSpace(string(mustFile(name))), "\n")
}

func mustFile(name string) []byte {
	data, ok := File(name)
	if !ok {
		panic("BUG: cfgs: no embedded file " + name)
	}
	return data
}
