// Copies with crane's library and prints the seconds that each copy took, start-up left out.
//
//	incrane one SOURCE DESTINATION     one image
//	incrane all SOURCE DESTINATION     every tag of a repository, as `crane copy --all-tags` does
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/crane"
)

func main() {
	copy := crane.Copy
	if os.Args[1] == "all" {
		copy = crane.CopyRepository
	}
	start := time.Now()
	if err := copy(os.Args[2], os.Args[3], crane.Insecure); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(time.Since(start).Seconds())
}
