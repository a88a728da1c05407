"""Trains and quantizes the digits example: writes digits.tflite and samples.npz beside itself.

Needs more than mcugen does: pip install 'mcugen[train,verify]'. Takes about half a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tflite_micro.python.tflite_micro import runtime

HERE = Path(__file__).resolve().parent
SEED = 7
HELD_OUT_FRACTION = 0.25
SAMPLES = 100
EPOCHS = 60
BATCH = 64
CALIBRATION_IMAGES = 256

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]


def load_split() -> tuple[Images, Labels, Images, Labels]:
    """Training and held-out images [n,8,8,1] in 0..1 with labels; every digit in equal parts."""
    digits = load_digits()
    images = (digits.images[..., np.newaxis] / 16.0).astype(np.float32)
    train_x, held_x, train_y, held_y = train_test_split(
        images,
        digits.target,
        test_size=HELD_OUT_FRACTION,
        stratify=digits.target,
        random_state=SEED,
    )
    return train_x, train_y, held_x, held_y


def conv(x: tf.Tensor, channels: int, kernel: int) -> tf.Tensor:
    """Convolution and batch normalisation; the converter folds the latter into the weights."""
    x = layers.Conv2D(channels, kernel, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def depthwise(x: tf.Tensor, stride: int) -> tf.Tensor:
    """3x3 depthwise convolution, batch normalisation, ReLU."""
    x = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def residual(x: tf.Tensor) -> tf.Tensor:
    """Depthwise-separable convolution with a shortcut around it."""
    return layers.ReLU()(layers.Add()([x, conv(depthwise(x, 1), x.shape[-1], 1)]))


def build_model(batch: int | None = None) -> tf.keras.Model:
    """8x8x1 in, ten probabilities out: a DS-CNN with residual blocks; `batch` None for any."""
    image = layers.Input((8, 8, 1), batch_size=batch, name="image")
    x = layers.ReLU()(conv(image, 24, 3))
    x = residual(x)
    x = layers.ReLU()(conv(depthwise(x, 2), 48, 1))
    x = residual(x)
    x = residual(x)
    x = layers.AveragePooling2D(4)(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return tf.keras.Model(image, layers.Dense(10, activation="softmax", name="digit")(x))


def shifted(images: Images, rng: np.random.Generator) -> Images:
    """The images, each moved by -1, 0 or 1 pixel in either direction, with some noise."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.empty_like(images)
    for i, (row, column) in enumerate(rng.integers(0, 3, (len(images), 2))):
        moved[i] = padded[i, row : row + 8, column : column + 8]
    noise = rng.normal(0.0, 0.03, images.shape).astype(np.float32)
    return np.clip(moved + noise, 0.0, 1.0)


def train(images: Images, labels: Labels) -> tf.keras.Model:
    """A model trained for a fixed number of epochs: nothing is selected on held-out data."""
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    rng = np.random.default_rng(SEED)
    model = build_model()
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        4e-3, decay_steps=EPOCHS * -(-len(images) // BATCH)
    )
    model.compile(
        optimizer=tf.keras.optimizers.Adam(schedule),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    for epoch in range(EPOCHS):
        history = model.fit(shifted(images, rng), labels, BATCH, verbose=0)
        if epoch % 10 == 9:
            accuracy = history.history["accuracy"][-1]
            print(f"epoch {epoch + 1}/{EPOCHS}: training accuracy {accuracy:.3f}")
    return model


def quantize(model: tf.keras.Model, calibration: Images) -> bytes:
    """The model as a full-int8 .tflite file, activation ranges from the calibration images."""
    # A fixed batch of 1 keeps shape arithmetic out of the file.
    single = build_model(batch=1)
    single.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(single)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[np.newaxis]] for image in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def codes_of(images: Images, interpreter: runtime.Interpreter) -> Codes:
    """The images in the model's int8 input quantization."""
    parameters = interpreter.get_input_details(0)["quantization_parameters"]
    scale, zero_point = parameters["scales"][0], parameters["zero_points"][0]
    return np.clip(np.round(images / scale) + zero_point, -128, 127).astype(np.int8)


def predict(interpreter: runtime.Interpreter, codes: Codes) -> Labels:
    """The most probable digit of each image, computed by TensorFlow Lite Micro."""
    digits = np.empty(len(codes), np.int64)
    for i, image in enumerate(codes):
        interpreter.set_input(image[np.newaxis], 0)
        interpreter.invoke()
        digits[i] = np.argmax(interpreter.get_output(0))
    return digits


def main() -> None:
    """Trains, quantizes, measures both models on the held-out images, writes the two files."""
    train_x, train_y, held_x, held_y = load_split()
    model = train(train_x, train_y)
    float_digits = np.argmax(model.predict(held_x, verbose=0), axis=1)

    flatbuffer = quantize(model, train_x[:CALIBRATION_IMAGES])
    interpreter = runtime.Interpreter.from_bytes(flatbuffer)
    held_codes = codes_of(held_x, interpreter)
    int8_digits = predict(interpreter, held_codes)

    (HERE / "digits.tflite").write_bytes(flatbuffer)
    np.savez_compressed(
        HERE / "samples.npz",
        inputs=held_codes[:SAMPLES],
        labels=held_y[:SAMPLES].astype(np.uint8),
    )
    print(f"training images {len(train_x)}, held-out images {len(held_x)}")
    print(f"held-out accuracy: float {np.mean(float_digits == held_y):.4f}")
    print(f"held-out accuracy: int8  {np.mean(int8_digits == held_y):.4f}")
    print(f"digits.tflite: {len(flatbuffer)} bytes")


if __name__ == "__main__":
    main()
