/** A file of the Python package index; pip itself checks the SHA-256. Which Python runs here does not matter: only the library inside is used. */
export type Wheel = {
  readonly name: string
  readonly version: string
  readonly sha256: string
  readonly python: 'cp311' | 'py3'
  readonly platforms: readonly string[]
}

export const TENSORFLOW_VERSION = '2.21.0'
/** What tfjs-node-gpu 4.22.0 itself asks for. */
export const OFFICIAL_VERSION = '2.9.1'
export const ADDON_FOLDER = 'napi-v8'

const tensorflow = (name: string, platform: string, sha256: string): Wheel => ({
  name,
  version: TENSORFLOW_VERSION,
  sha256,
  python: 'cp311',
  platforms: [platform],
})

/** libtensorflow for the processor, by `platform-arch`. Intel Macs and Windows have no usable wheel of this version. */
export const CPU_WHEELS: Readonly<Record<string, Wheel>> = {
  'linux-x64': tensorflow(
    'tensorflow-cpu',
    'manylinux_2_27_x86_64',
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  ),
  'linux-arm64': tensorflow(
    'tensorflow',
    'manylinux_2_27_aarch64',
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  ),
  'darwin-arm64': tensorflow(
    'tensorflow',
    'macosx_12_0_arm64',
    '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
  ),
}

const cuda = (name: string, version: string, sha256: string): Wheel => ({
  name: `nvidia-${name}-cu12`,
  version,
  sha256,
  python: 'py3',
  platforms: ['manylinux_2_27_x86_64', 'manylinux_2_25_x86_64', 'manylinux2014_x86_64', 'manylinux_2_12_x86_64'],
})

/** libtensorflow with CUDA and, from NVIDIA's own wheels, the CUDA 12.9 libraries it opens: the system needs a driver only. */
export const CUDA_WHEELS: Readonly<Record<string, readonly Wheel[]>> = {
  'linux-x64': [
    tensorflow(
      'tensorflow',
      'manylinux_2_27_x86_64',
      '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    ),
    cuda('cublas', '12.9.1.4', '453611eb21a7c1f2c2156ed9f3a45b691deda0440ec550860290dc901af5b4c2'),
    cuda('cuda-cupti', '12.9.79', '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f'),
    cuda('cuda-nvcc', '12.9.86', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'),
    cuda('cuda-nvrtc', '12.9.86', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'),
    cuda('cuda-runtime', '12.9.79', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'),
    cuda('cudnn', '9.28.0.42', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'),
    cuda('cufft', '11.4.1.4', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'),
    cuda('curand', '10.3.10.19', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'),
    cuda('cusolver', '11.7.5.82', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'),
    cuda('cusparse', '12.5.10.65', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'),
    cuda('nccl', '2.32.3', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'),
    cuda('nvjitlink', '12.9.86', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'),
  ],
}

/** The vendor's prebuilt archives by `platform-arch`; paths are on the host that tfjs-node-gpu's own package.json names. */
export type OfficialBuild = { readonly library: string; readonly sha256: string; readonly addon: string }
export const OFFICIAL_BUILDS: Readonly<Record<string, OfficialBuild>> = {
  'linux-x64': {
    library: 'libtensorflow-cpu-linux-x86_64-2.9.1.tar.gz',
    sha256: '7f510d2546e3db5e10b1d119463689003d587842892ad3c95bca51cf82820173',
    addon: 'CPU-linux-4.22.0.tar.gz',
  },
  'darwin-x64': {
    library: 'libtensorflow-cpu-darwin-x86_64-2.9.1.tar.gz',
    sha256: '56f83d3320ba0f69aaafd6c058645e1b7fbc75fb9a3fc36d6be98de1291ca226',
    addon: 'CPU-darwin-4.22.0.tar.gz',
  },
  'win32-x64': {
    library: 'libtensorflow-cpu-windows-x86_64-2.9.1.zip',
    sha256: '56fa7e84c984144311563b405bd0e565568f3cbe2c15ac4713e9c8174a02b00f',
    addon: 'CPU-windows-4.22.0.zip',
  },
}
