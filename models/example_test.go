package models_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ghostdark/ghostdark/models"
	"github.com/ghostdark/ghostdark/net"
)

// Fetch a well-known model, unless it is there, and load it.
func Example() {
	dir, err := models.DefaultDir()
	if err != nil {
		log.Fatal(err)
	}
	model, ok := models.Find(models.Catalogue(), "yolov4-tiny")
	if !ok {
		log.Fatal("no such model")
	}
	puller := &models.Puller{Dir: dir, UserAgent: "my-program/1.0", Tell: func(line string) { log.Print(line) }}
	if _, err := puller.Pull(context.Background(), model); err != nil {
		log.Fatal(err)
	}
	paths := model.In(dir)
	network, err := net.Open(paths.Cfg, paths.Weights, net.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(network.Net.Input())
}
