// Command classify tells what pieces of clothing pictures show, with several cores at a time.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"

	"github.com/ghostdark/ghostdark/net"
	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/weights"
)

func main() {
	log.SetFlags(0)
	graph, err := net.Read("cfgs/ghostnet-fashion.cfg", net.Options{MaxMemory: 1 << 30})
	if err != nil {
		log.Fatal(err)
	}
	// The weights stay in the file, which is mapped into memory.
	network, err := graph.LoadFile("cfgs/ghostnet-fashion.weights", weights.ReadOptions{Map: true})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := network.NewPool(2, net.SessionOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	paths := os.Args[1:]
	results := make([]string, len(paths))
	var work sync.WaitGroup
	for i, path := range paths {
		work.Go(func() {
			err := pool.Do(context.Background(), func(session *net.Session) (err error) {
				results[i], err = classify(session, path)
				return err
			})
			if err != nil {
				results[i] = err.Error()
			}
		})
	}
	work.Wait()
	for i, path := range paths {
		fmt.Printf("%s: %s\n", path, results[i])
	}
}

var names = []string{"T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot"}

// classify names the most probable class of a picture.
func classify(session *net.Session, path string) (string, error) {
	img, err := picture.Open(path, picture.Limits{})
	if err != nil {
		return "", err
	}
	input, err := img.Input(picture.ResizeMinCrop, session.Network().Net.Input())
	if err != nil {
		return "", err
	}
	if err := session.Run(context.Background(), input.Data); err != nil {
		return "", err
	}
	output, err := session.Result() // [softmax]: probabilities
	if err != nil {
		return "", err
	}
	best := slices.MaxFunc([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, func(a, b int) int { return cmp.Compare(output.Data[a], output.Data[b]) })
	return fmt.Sprintf("%s, %.1f%%", names[best], 100*output.Data[best]), nil
}
