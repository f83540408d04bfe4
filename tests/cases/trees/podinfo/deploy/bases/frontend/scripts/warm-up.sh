#!/bin/sh
for page in / /version; do wget -q -O /dev/null "http://frontend:9898$page"; done
