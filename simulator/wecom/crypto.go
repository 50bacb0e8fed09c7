package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	crand "crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// padBlock is the block of the padding, in bytes; the cipher's own is 16.
const padBlock = 32

// signature is the lower-case hex SHA-1 of the parts, sorted as strings and joined: token, timestamp, nonce, ciphertext.
func signature(parts ...string) string {
	parts = slices.Clone(parts)
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// seal encrypts msg for receiveid with an EncodingAESKey: AES-256-CBC over 16 random bytes, the length, msg, receiveid.
func seal(aesKey string, random [16]byte, msg []byte, receiveid string) (string, error) {
	key, err := decodeKey(aesKey)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	plain := append([]byte{}, random[:]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(plain, msg...)
	plain = pad(append(plain, receiveid...))
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

// unseal reverses seal.
func unseal(aesKey, sealed string) (random [16]byte, msg []byte, receiveid string, err error) {
	key, err := decodeKey(aesKey)
	if err != nil {
		return random, nil, "", err
	}
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return random, nil, "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return random, nil, "", err
	}
	if len(data) == 0 || len(data)%padBlock != 0 {
		return random, nil, "", errors.New("the ciphertext is cut")
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	n := int(data[len(data)-1])
	if n < 1 || n > padBlock || len(data)-n < 20 {
		return random, nil, "", errors.New("the padding is wrong")
	}
	data = data[:len(data)-n]
	copy(random[:], data)
	size := int(binary.BigEndian.Uint32(data[16:20]))
	if size > len(data)-20 {
		return random, nil, "", errors.New("the length is wrong")
	}
	return random, data[20 : 20+size], string(data[20+size:]), nil
}

// decodeKey turns the 43 characters into 32 bytes; some keys in use have stray bits in the last character.
func decodeKey(aesKey string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("an EncodingAESKey has 43 characters of base64, this one %d", len(aesKey))
	}
	return key, nil
}

// pad fills to a multiple of 32 bytes, PKCS#7.
func pad(b []byte) []byte {
	n := padBlock - len(b)%padBlock
	return append(b, bytes.Repeat([]byte{byte(n)}, n)...)
}

const (
	alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idCharacters  = alphanumerics + "-_"
)

// randomText gives n characters as they stand in the platform's ids; nobody can guess them.
func randomText(n int) string { return randomFrom(idCharacters, n) }

// randomFrom gives n characters of an alphabet of at most 64; a slight bias does not matter here.
func randomFrom(alphabet string, n int) string {
	b := make([]byte, n)
	_, _ = crand.Read(b) // never fails (Go 1.24)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

func random16() (b [16]byte) {
	_, _ = crand.Read(b[:]) // never fails (Go 1.24)
	return b
}
