//go:build !linux && !darwin

package main

func maxFiles() int { return 0 }
