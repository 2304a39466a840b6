from typing import Any

from numpy import ndarray

class Soil:
    Profile: Any
    def __init__(self, soil_type: str, *, cn: float = ..., rew: float = ..., z_res: float = ...) -> None: ...
    def add_layer(
        self, thickness: float, thWP: float, thFC: float, thS: float, Ksat: float, penetrability: float
    ) -> None: ...

class Crop:
    def __init__(self, c_name: str, planting_date: str) -> None: ...

class InitialWaterContent:
    def __init__(self, wc_type: str, value: list[float]) -> None: ...

class IrrigationManagement:
    MaxIrr: float
    depth: float
    def __init__(
        self, irrigation_method: int, *, MaxIrr: float = ..., WetSurf: float = ..., depth: float = ..., SMT: list[float] = ...
    ) -> None: ...

class Outputs:
    water_flux: ndarray[Any, Any]
    crop_growth: ndarray[Any, Any]
    final_stats: Any

class Parameters:
    IrrMngt: IrrigationManagement
    Soil: Soil
    Seasonal_Crop_List: list[Any]

class Clock:
    model_is_finished: bool
    time_step_counter: int
    step_end_time: Any
    simulation_end_date: Any
    season_counter: int
    n_seasons: int

class AquaCropModel:
    _clock_struct: Clock
    _init_cond: Any
    _outputs: Outputs
    _param_struct: Parameters
    _weather: ndarray[Any, Any]
    crop: Crop
    def __init__(
        self,
        sim_start_time: str,
        sim_end_time: str,
        weather_df: Any,
        soil: Soil,
        crop: Crop,
        initial_water_content: InitialWaterContent,
        irrigation_management: IrrigationManagement | None = None,
    ) -> None: ...
    def _initialize(self) -> None: ...
    def run_model(
        self, num_steps: int = ..., till_termination: bool = ..., initialize_model: bool = ...
    ) -> bool: ...
