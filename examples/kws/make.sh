#!/usr/bin/env bash
# From nothing to a keyword spotter with 4-bit weights, proved in an emulator: spoken words, a teacher, a
# float network, quantization-aware training, a .tflite file, firmware for a Cortex-M4.
#
#   pip install 'mcugen[train,data,verify]'
#   examples/kws/make.sh [FOLDER]       # runs/kws by default; interrupted, it goes on where it was
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
runs=${1:-runs/kws}

mcugen train ds_cnn_m --task kws --epochs 15 --qat-epochs 0 -o "$runs/teacher" --resume
mcugen train ds_cnn_s --task kws --bits w4a8 --distill-from "$runs/teacher" -o "$runs/student" --resume

mcugen build "$runs/student/model.tflite" --board qemu_m4 --name kws -o "$runs/firmware" --force
mcugen verify "$runs/student/model.tflite" --board qemu_m4 --inputs 20
mcugen verify "$runs/student/model.tflite" --board qemu_m55 --inputs 20

cp "$runs/student/model.tflite" "$here/kws.tflite"
cp "$runs/student/report.html" "$runs/student/report.json" "$here/"
