// A wire with latency: latency ADDRESS UPSTREAM ONE-WAY-DELAY (as "10ms") passes TCP connections on and hands over
// every byte that much later, in both directions.
//
// Bytes are delayed, not slowed down: any number of connections and of packets are on the way at once. A connection
// costs one round trip before the first byte, as the handshake does, since no client may send before it was answered.
package main

import (
	"log"
	"net"
	"os"
	"time"
)

type packet struct {
	due   time.Time
	bytes []byte
}

func main() {
	delay, err := time.ParseDuration(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go pass(client, time.Now().Add(2*delay), delay)
	}
}

func pass(client net.Conn, established time.Time, delay time.Duration) {
	defer client.Close()
	server, err := net.Dial("tcp", os.Args[2])
	if err != nil {
		return
	}
	defer server.Close()
	answered := make(chan struct{})
	go func() {
		carry(client, server, time.Time{}, delay)
		close(answered)
	}()
	carry(server, client, established, delay)
	<-answered
}

// carry copies until the source ends, and hands the end on as late as the bytes.
func carry(to, from net.Conn, established time.Time, delay time.Duration) {
	wire := make(chan packet, 4096)
	go read(wire, from, established, delay)
	for each := range wire {
		time.Sleep(time.Until(each.due))
		if _, err := to.Write(each.bytes); err != nil {
			from.Close()
		}
	}
	to.(*net.TCPConn).CloseWrite()
}

func read(wire chan<- packet, from net.Conn, established time.Time, delay time.Duration) {
	defer close(wire)
	for {
		buffer := make([]byte, 32*1024)
		count, err := from.Read(buffer)
		sent := time.Now()
		if sent.Before(established) {
			sent = established
		}
		wire <- packet{sent.Add(delay), buffer[:count]}
		if err != nil {
			return
		}
	}
}
